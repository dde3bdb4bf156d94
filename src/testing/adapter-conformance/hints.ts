import assert from 'node:assert/strict';

import type { ClinicLink } from '../../adapters/adapter.js';
import { DAY } from '../../domain/instant.js';
import { keyText, streamOf, type ClinicRow } from '../../domain/row.js';
import { inRange, type Scope } from '../../domain/scope.js';
import { eventually, keyOf, pause, type Case } from './bench.js';

/** Whether who looks there finds out what happened to the row. */
function covers(scope: Scope, row: ClinicRow): boolean {
  const key = keyText(streamOf(row), row.id);
  return (
    scope.all ||
    scope.keys.some(({ stream, id }) => keyText(stream, id) === key) ||
    scope.ranges.some((range) => inRange(row, range))
  );
}

/** Collects hints from now on. */
function hear(link: ClinicLink): {
  readonly scopes: readonly Scope[];
  covered(rows: readonly ClinicRow[]): Promise<void>;
} {
  const scopes: Scope[] = [];
  link.events.on('hint', (scope) => scopes.push(scope));
  const missed = (rows: readonly ClinicRow[]) => rows.filter((row) => !scopes.some((scope) => covers(scope, row)));
  return {
    scopes,
    covered: (rows) => eventually('a hint covers every changed row', () => missed(rows).length === 0),
  };
}

const cases: readonly Case[] = [
  {
    name: 'a hint covers each inserted, edited and deleted row',
    async run(bench) {
      const link = await bench.connect();
      const inserted = hear(link);
      const row = await bench.insert();
      await inserted.covered([row]);
      const moved = { ...row, practitionerIds: ['2'], start: row.start + 3 * DAY, end: row.end + 3 * DAY };
      const edited = hear(link);
      await bench.receptionist.update([moved]);
      await edited.covered([row, moved]);
      const deleted = hear(link);
      await bench.receptionist.remove([keyOf(moved)]);
      await deleted.covered([moved]);
      const again = hear(link);
      await bench.receptionist.insert([row]);
      await again.covered([row]);
    },
  },
  {
    name: 'hints come for every kind of row',
    async run(bench) {
      const link = await bench.connect();
      const kinds = [
        'appointment',
        ...(bench.capabilities.blockouts ? ['blockout'] : []),
        ...(bench.capabilities.sessions ? ['session'] : []),
      ] as const;
      for (const kind of kinds as readonly ClinicRow['kind'][]) {
        const heard = hear(link);
        await heard.covered([await bench.insert({ kind })]);
      }
    },
  },
  {
    name: 'a burst in one transaction loses no hint',
    async run(bench) {
      const link = await bench.connect();
      const inserted = hear(link);
      const rows = await bench.receptionist.insert(bench.make.rows(100));
      await inserted.covered(rows);
      const deleted = hear(link);
      await bench.receptionist.remove(rows.map(keyOf));
      await deleted.covered(rows);
    },
  },
  {
    name: 'a burst of transactions loses no hint',
    async run(bench) {
      const link = await bench.connect();
      const heard = hear(link);
      const rows = [];
      for (let i = 0; i < 100; i++) rows.push(await bench.insert({ start: bench.make.row().start + i * DAY }));
      await heard.covered(rows);
      // A hint for everything that came before the last commit says nothing of it.
      const last = hear(link);
      await pause(300);
      await last.covered([await bench.insert()]);
    },
  },
  {
    name: 'a hint comes after the commit, not only while it is being written',
    async run(bench) {
      const link = await bench.connect();
      const transaction = await bench.receptionist.begin();
      const rows = await transaction.insert([bench.make.row()]);
      await pause(400);
      const heard = hear(link);
      await transaction.commit();
      await heard.covered(rows);
    },
  },
  {
    name: 'a link hears from its very start, and a closed one no more',
    async run(bench) {
      for (let i = 0; i < 3; i++) {
        const link = await bench.connect();
        const heard = hear(link);
        await heard.covered([await bench.insert()]);
        await link.close();
        const after = heard.scopes.length;
        await bench.insert();
        await pause(300);
        assert.equal(heard.scopes.length, after);
      }
    },
  },
];

export const hintCases: readonly Case[] = cases.map((test) => ({ ...test, needs: ['push'] as const }));
