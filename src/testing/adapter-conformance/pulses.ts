import assert from 'node:assert/strict';

import type { ClinicLink } from '../../adapters/adapter.js';
import { HOUR } from '../../domain/instant.js';
import type { ClinicRow } from '../../domain/row.js';
import { keyOf, NEVER, ok, rowsOf, sameRows, type Case } from './bench.js';

/** The pulse; the case needs it. */
export function pulseOf(link: ClinicLink): Promise<string> {
  const { pulse } = link;
  if (!pulse) assert.fail('pulse is declared and not offered');
  return ok(pulse.call(link, NEVER));
}

/** How often a pulse that may move without reason is looked at before it counts as never at rest. */
const LOOKS = 20;

const cases: readonly Case[] = [
  {
    name: 'the pulse rests while nothing is committed, whatever is read',
    async run(bench) {
      await bench.receptionist.insert(bench.make.rows(5));
      const link = await bench.connect();
      const rests = async (between: () => Promise<unknown>) => {
        // It may move without reason, as with another database's commits on the same server; never at rest is no pulse.
        for (let i = 0; i < LOOKS; i++) {
          const before = await pulseOf(link);
          await between();
          if ((await pulseOf(link)) === before) return;
        }
        assert.fail(`the pulse moved ${String(LOOKS)} times while nothing was committed`);
      };
      await rests(() => Promise.resolve());
      await rests(() => Promise.all([rowsOf(link), ok(link.now(NEVER))]));
    },
  },
  {
    name: 'the pulse differs from every earlier one after each insert, edit and deletion',
    async run(bench) {
      const link = await bench.connect();
      const seen = new Set([await pulseOf(link)]);
      const row = await bench.insert();
      const steps: (() => Promise<unknown>)[] = Array.from({ length: 10 }, (_, i) => [
        () => bench.receptionist.update([{ ...row, end: row.end + (i + 1) * HOUR }]),
        () => bench.receptionist.remove([keyOf(row)]),
        () => bench.receptionist.insert([row]),
      ]).flat();
      seen.add(await pulseOf(link));
      for (const step of steps) {
        await step();
        seen.add(await pulseOf(link));
      }
      assert.equal(seen.size, steps.length + 2);
    },
  },
  {
    name: 'the pulse changes when a transaction commits, not only when it writes',
    async run(bench) {
      const link = await bench.connect();
      for (let i = 0; i < 5; i++) {
        const transaction = await bench.receptionist.begin();
        const [row] = await transaction.insert([bench.make.row()]);
        const written = await pulseOf(link);
        const unread = await rowsOf(link);
        assert.ok(!unread.some(({ id }) => id === row?.id), 'a row was read before it was committed');
        await transaction.commit();
        assert.notEqual(await pulseOf(link), written);
        assert.ok((await rowsOf(link)).some(({ id }) => id === row?.id));
      }
    },
  },
  {
    name: 'the pulse changes when a transaction commits later than one that began after it',
    needs: ['lateCommits'],
    async run(bench) {
      const link = await bench.connect();
      for (let i = 0; i < 3; i++) {
        const early = await bench.receptionist.begin();
        const [late] = await early.insert([bench.make.row()]);
        const next = await bench.receptionist.begin();
        const [second] = await next.insert([bench.make.row()]);
        const before = await pulseOf(link);
        await next.commit();
        const between = await pulseOf(link);
        assert.notEqual(between, before);
        const ids = (await rowsOf(link)).map(({ id }) => id);
        assert.ok(second && late && ids.includes(second.id) && !ids.includes(late.id));
        await early.commit();
        assert.notEqual(await pulseOf(link), between);
        assert.ok((await rowsOf(link)).some(({ id }) => id === late.id));
      }
    },
  },
  {
    name: 'a transaction that was rolled back leaves no row',
    async run(bench) {
      const link = await bench.connect();
      const transaction = await bench.receptionist.begin();
      await transaction.insert(bench.make.rows(3));
      await transaction.rollback();
      await pulseOf(link);
      assert.deepEqual(await rowsOf(link), []);
    },
  },
  {
    name: 'the same pulse means the same rows, while others commit',
    async run(bench) {
      const link = await bench.connect();
      const seen = new Map<string, { readonly at: number; rows: readonly ClinicRow[] | null }>();
      // Where the pulse leads, what is read right after it moved is not final: the engine looks once more.
      const leadMs = bench.capabilities.pulseLeads === true ? 150 : 0;
      let writing = true;
      const writer = (async () => {
        for (let i = 0; i < 40; i++) {
          const transaction = await bench.receptionist.begin();
          await transaction.insert([bench.make.row()]);
          await new Promise((resolve) => setTimeout(resolve, i % 4));
          await transaction.commit();
        }
      })().finally(() => {
        writing = false;
      });
      const look = async () => {
        const before = await pulseOf(link);
        const rows = await rowsOf(link);
        // Only between two equal readings is it known which pulse the rows belong to.
        if ((await pulseOf(link)) !== before) return;
        const known = seen.get(before) ?? { at: performance.now(), rows: null };
        seen.set(before, known);
        if (performance.now() - known.at < leadMs) return;
        if (known.rows) sameRows(rows, known.rows, 'rows changed and the pulse did not');
        known.rows = rows;
      };
      try {
        while (writing) {
          await look();
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        await writer;
      }
      await look();
      assert.equal((await rowsOf(link)).length, 40);
    },
  },
];

export const pulseCases: readonly Case[] = cases.map((test) => ({
  ...test,
  needs: ['pulse', ...(test.needs ?? [])] as const,
}));
