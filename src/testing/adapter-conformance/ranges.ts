import assert from 'node:assert/strict';

import { DAY, HOUR, MINUTE } from '../../domain/instant.js';
import type { RowKind } from '../../domain/row.js';
import { inRange, type ScopeRange } from '../../domain/scope.js';
import { rowsOf, sameRows, whole, type Case } from './bench.js';
import { CUTOFF, HOSTILE, MONDAY, randomInstant } from './samples.js';

const NINE = MONDAY + 9 * HOUR;

export const rangeCases: readonly Case[] = [
  {
    name: 'a clinic without rows reads as nothing',
    async run(bench) {
      const link = await bench.connect();
      assert.deepEqual(await rowsOf(link), []);
      assert.deepEqual(await rowsOf(link, { ...whole(), from: MONDAY, to: MONDAY + DAY, practitionerId: '1' }), []);
    },
  },
  {
    name: 'a range includes its first instant and excludes its last, by the start of rows',
    async run(bench) {
      const { make } = bench;
      const [before, first, inner, last] = await bench.receptionist.insert([
        make.row({ start: NINE - bench.grain, end: NINE + HOUR }),
        make.row({ start: NINE }),
        make.row({ start: NINE + 30 * MINUTE - bench.grain, end: NINE + 2 * HOUR }),
        make.row({ start: NINE + 30 * MINUTE }),
      ]);
      if (!before || !first || !inner || !last) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      const read = (from: number | null, to: number | null) => rowsOf(link, { stream: 'busy', from, to });
      sameRows(await read(NINE, NINE + 30 * MINUTE), [first, inner]);
      sameRows(await read(NINE + 1, NINE + 30 * MINUTE + 1), [inner, last]);
      sameRows(await read(NINE, null), [first, inner, last]);
      sameRows(await read(null, NINE), [before]);
      sameRows(await read(null, null), [before, first, inner, last]);
      sameRows(await read(NINE, NINE), []);
    },
  },
  {
    name: 'a row that ended by the cutoff is not read, one that ends after it is',
    async run(bench) {
      const { make } = bench;
      const start = NINE - 3 * DAY;
      const [, after, , later] = await bench.receptionist.insert([
        make.row({ start, end: NINE }),
        make.row({ start, end: NINE + bench.grain }),
        make.row({ start: NINE, end: NINE }),
        make.row({ start: NINE + bench.grain, end: NINE + bench.grain }),
        make.row({ start: NINE - DAY, end: NINE - DAY }),
      ]);
      if (!after || !later) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      sameRows(await rowsOf(link, whole(), NINE), [after, later]);
      // The range is about starts, so a row in progress belongs to none that begins now.
      sameRows(await rowsOf(link, { ...whole(), from: NINE }, NINE), [later]);
      sameRows(await rowsOf(link, { ...whole(), to: NINE }, NINE), [after]);
      sameRows(await rowsOf(link, whole(), NINE + bench.grain), []);
    },
  },
  {
    name: 'a range of one practitioner gives that one only',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(9));
      const link = await bench.connect();
      for (const practitionerId of ['1', '2', '3', '4']) {
        const own = rows.filter((row) => row.practitionerIds.includes(practitionerId));
        sameRows(await rowsOf(link, { ...whole(), practitionerId }), own);
      }
      const range: ScopeRange = { stream: 'busy', from: MONDAY + HOUR, to: MONDAY + 3 * HOUR, practitionerId: '1' };
      sameRows(
        await rowsOf(link, range),
        rows.filter((row) => inRange(row, range)),
      );
    },
  },
  {
    name: 'a row of two practitioners is found by each, once',
    needs: ['multiplePractitioners'],
    async run(bench) {
      const both = await bench.insert({ practitionerIds: ['1', '2'] });
      const one = await bench.insert({ practitionerIds: ['1'] });
      const link = await bench.connect();
      sameRows(await rowsOf(link, { ...whole(), practitionerId: '1' }), [both, one]);
      sameRows(await rowsOf(link, { ...whole(), practitionerId: '2' }), [both]);
      sameRows(await rowsOf(link), [both, one]);
    },
  },
  {
    name: 'a practitioner is found by exactly its own text',
    needs: ['texts'],
    async run(bench) {
      const rows = await bench.receptionist.insert(HOSTILE.map((name) => bench.make.row({ practitionerIds: [name] })));
      const link = await bench.connect();
      for (const row of rows) {
        const [practitionerId = ''] = row.practitionerIds;
        sameRows(await rowsOf(link, { ...whole(), practitionerId }), [row], JSON.stringify(practitionerId));
      }
      for (const practitionerId of ['', ' a', 'a ', 'LONG', 'nobody']) {
        sameRows(await rowsOf(link, { ...whole(), practitionerId }), []);
      }
    },
  },
  {
    name: 'rows that take the same time of the same practitioner are all kept',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(5, { start: NINE, practitionerIds: ['1'] }));
      const link = await bench.connect();
      sameRows(await rowsOf(link), rows);
      sameRows(await rowsOf(link, { stream: 'busy', from: NINE, to: NINE + 1, practitionerId: '1' }), rows);
    },
  },
  {
    name: 'each stream has rows of its own kinds only',
    needs: ['sessions'],
    async run(bench) {
      const busy = await bench.insert();
      const session = await bench.insert({ kind: 'session', end: NINE + 8 * HOUR });
      const blockouts = bench.capabilities.blockouts ? [await bench.insert({ kind: 'blockout' })] : [];
      const link = await bench.connect();
      sameRows(await rowsOf(link, whole('session')), [session]);
      sameRows(await rowsOf(link), [busy, ...blockouts]);
    },
  },
  {
    name: 'random ranges and cutoffs give what the rows themselves say',
    random: true,
    async run(bench) {
      const { random, make, capabilities } = bench;
      const kinds: RowKind[] = ['appointment', 'appointment'];
      if (capabilities.blockouts) kinds.push('blockout');
      if (capabilities.sessions) kinds.push('session');
      const rows = await bench.receptionist.insert(
        Array.from({ length: 80 }, () => make.random(random, kinds, capabilities.multiplePractitioners)),
      );
      const link = await bench.connect();
      for (let i = 0; i < 40; i++) {
        const [a, b] = [randomInstant(random), randomInstant(random)].sort((x, y) => x - y);
        const range: ScopeRange = {
          stream: random.pick(['busy', 'busy', 'session']),
          from: random.chance(0.7) ? (a ?? null) : null,
          to: random.chance(0.7) ? (b ?? null) : null,
          ...(random.chance(0.4) && { practitionerId: String(random.int(1, 5)) }),
        };
        const cutoff = random.chance(0.3) ? CUTOFF : randomInstant(random);
        const expected = rows.filter((row) => row.end > cutoff && inRange(row, range));
        sameRows(await rowsOf(link, range, cutoff), expected, JSON.stringify({ range, cutoff }));
      }
    },
  },
];
