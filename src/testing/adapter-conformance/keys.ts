import assert from 'node:assert/strict';

import { MAX_KEYS_PER_READ } from '../../adapters/adapter.js';
import { DAY, HOUR } from '../../domain/instant.js';
import { keyOf, readKeys, sameRows, type Case } from './bench.js';
import { HOSTILE, MONDAY } from './samples.js';

const NINE = MONDAY + 9 * HOUR;

const cases: readonly Case[] = [
  {
    name: 'readKeys gives the rows that exist, of those asked for, once each',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(6));
      const link = await bench.connect();
      const rowsOf = async (...ids: string[]) => (await readKeys(link, ids)).records.map(({ row }) => row);
      const [first, second, third] = rows;
      if (!first || !second || !third) assert.fail('the harness inserted less than it was asked to');
      sameRows(await rowsOf(first.id), [first]);
      sameRows(await rowsOf(third.id, '987654', first.id, third.id), [first, third]);
      sameRows(await rowsOf('987654'), []);
      sameRows(await rowsOf(), []);
      sameRows(await rowsOf(...rows.map(({ id }) => id)), rows);
    },
  },
  {
    name: 'readKeys finds a row wherever it starts',
    async run(bench) {
      const row = await bench.insert();
      const link = await bench.connect();
      const moved = { ...row, start: row.start + 300 * DAY, end: row.end + 300 * DAY };
      await bench.receptionist.update([moved]);
      sameRows(
        (await readKeys(link, [row.id])).records.map((record) => record.row),
        [moved],
      );
    },
  },
  {
    name: 'readKeys leaves out rows that ended by the cutoff',
    async run(bench) {
      const { make } = bench;
      const rows = await bench.receptionist.insert([
        make.row({ start: NINE - DAY, end: NINE }),
        make.row({ start: NINE - DAY, end: NINE + bench.grain }),
      ]);
      const link = await bench.connect();
      const ids = rows.map(({ id }) => id);
      const { records, skipped } = await readKeys(link, ids, { cutoff: NINE });
      sameRows(
        records.map(({ row }) => row),
        rows.slice(1),
      );
      assert.deepEqual(skipped, []);
    },
  },
  {
    name: 'readKeys confirms a deletion, a new row and a reused id as soon as they are committed',
    async run(bench) {
      const row = await bench.insert();
      const link = await bench.connect();
      const read = async () => (await readKeys(link, [row.id])).records.map((record) => record.row);
      for (let i = 1; i <= 5; i++) {
        const version = { ...row, start: row.start + i * HOUR, end: row.end + i * HOUR };
        await bench.receptionist.remove([keyOf(row)]);
        assert.deepEqual(await read(), []);
        await bench.receptionist.insert([version]);
        assert.deepEqual(await read(), [version]);
      }
    },
  },
  {
    name: `readKeys takes ${String(MAX_KEYS_PER_READ)} ids at once`,
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(MAX_KEYS_PER_READ));
      const link = await bench.connect();
      const all = await readKeys(
        link,
        rows.map(({ id }) => id),
      );
      sameRows(
        all.records.map(({ row }) => row),
        rows,
      );
      const removed = rows.filter((_, i) => i % 2 === 0);
      await bench.receptionist.remove(removed.map(keyOf));
      const rest = await readKeys(
        link,
        rows.map(({ id }) => id),
      );
      sameRows(
        rest.records.map(({ row }) => row),
        rows.filter((_, i) => i % 2 === 1),
      );
    },
  },
  {
    name: 'readKeys takes any text for an id that may be asked for, and finds exactly that one',
    async run(bench) {
      const row = await bench.insert({ id: '7' });
      const link = await bench.connect();
      const strangers = [...HOSTILE, '', ' 7', '7 ', '007', '7.0', '+7', '99999999999999999999', 'a\0b', '\ud800'];
      const { records, skipped } = await readKeys(
        link,
        strangers.filter((id) => id !== row.id),
      );
      assert.deepEqual(records, []);
      assert.deepEqual(skipped, []);
      assert.equal((await readKeys(link, [...strangers, row.id])).records.length, 1);
    },
  },
  {
    name: 'readKeys tells texts apart that look alike',
    needs: ['texts'],
    async run(bench) {
      const rows = await bench.receptionist.insert(HOSTILE.map((id) => bench.make.row({ id })));
      const link = await bench.connect();
      for (const row of rows) {
        sameRows(
          (await readKeys(link, [row.id])).records.map((record) => record.row),
          [row],
          JSON.stringify(row.id),
        );
      }
    },
  },
  {
    name: 'readKeys looks in its own stream only',
    needs: ['sessions'],
    async run(bench) {
      const [busy, session] = await bench.receptionist.insert([
        bench.make.row({ id: '5' }),
        bench.make.row({ id: '6', kind: 'session' }),
      ]);
      if (!busy || !session) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      const ids = [busy.id, session.id];
      sameRows(
        (await readKeys(link, ids)).records.map(({ row }) => row),
        [busy],
      );
      sameRows(
        (await readKeys(link, ids, { stream: 'session' })).records.map(({ row }) => row),
        [session],
      );
    },
  },
  {
    name: 'readKeys finds blockouts by the id that they are told with',
    needs: ['blockouts'],
    async run(bench) {
      const [appointment, blockout] = await bench.receptionist.insert([
        bench.make.row({ id: '5' }),
        bench.make.row({ id: '5', kind: 'blockout' }),
      ]);
      if (!appointment || !blockout) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      sameRows(
        (await readKeys(link, [blockout.id])).records.map(({ row }) => row),
        [blockout],
      );
      sameRows(
        (await readKeys(link, [appointment.id])).records.map(({ row }) => row),
        [appointment],
      );
    },
  },
];

export const keyCases: readonly Case[] = cases.map((test) => ({
  ...test,
  needs: ['readKeys', ...(test.needs ?? [])] as const,
}));
