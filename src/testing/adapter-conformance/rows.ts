import assert from 'node:assert/strict';

import { DAY, HOUR, MINUTE } from '../../domain/instant.js';
import { streamOf, type ClinicRow, type RowKind } from '../../domain/row.js';
import {
  everything,
  keyOf,
  NEVER,
  ok,
  readKeys,
  recordsOf,
  rowsOf,
  sameRows,
  whole,
  type Bench,
  type Case,
} from './bench.js';
import { CUTOFF, HOSTILE, MONDAY } from './samples.js';

const NINE = MONDAY + 9 * HOUR;
const HASH = /^[0-9a-f]{16}$/;

const kindsOf = ({ capabilities: { blockouts, sessions } }: Bench): RowKind[] => [
  'appointment',
  ...(blockouts ? (['blockout'] as const) : []),
  ...(sessions ? (['session'] as const) : []),
];

/** The hash that a row would have, by inserting it with the same id and looking. */
async function hashAs(bench: Bench, row: ClinicRow): Promise<string> {
  const [inserted] = await bench.receptionist.insert([row]);
  assert.deepEqual(inserted, row);
  const link = await bench.connect();
  const found = (await everything(link)).find((record) => record.row.id === row.id);
  await link.close();
  await bench.receptionist.remove([keyOf(row)]);
  if (!found) assert.fail('an inserted row was not read');
  assert.deepEqual(found.row, row);
  return found.hash;
}

export const rowCases: readonly Case[] = [
  {
    name: 'every field comes through, of every kind of row',
    async run(bench) {
      const { make, capabilities } = bench;
      const many = capabilities.multiplePractitioners ? [['1'], ['1', '2'], ['10', '9']] : [['1'], ['10']];
      const rows: ClinicRow[] = [];
      for (const kind of kindsOf(bench)) {
        for (const practitionerIds of many) rows.push(make.row({ kind, practitionerIds }));
        rows.push(make.row({ kind, locationId: '2', start: NINE - DAY, end: NINE + 40 * MINUTE }));
        rows.push(make.row({ kind, end: NINE }), make.row({ kind, end: NINE + 9 * DAY }));
        if (kind === 'session') rows.push(make.row({ kind, slotMs: 10 * MINUTE }), make.row({ kind, slotMs: HOUR }));
      }
      const inserted = await bench.receptionist.insert(rows);
      const link = await bench.connect();
      sameRows(
        (await everything(link)).map(({ row }) => row),
        inserted,
      );
      inserted.forEach((row, i) => {
        assert.deepEqual({ ...row, id: rows[i]?.id }, rows[i], 'the harness answers with the rows that it was given');
      });
    },
  },
  {
    name: 'times come through on every day of the year',
    async run(bench) {
      const rows = Array.from({ length: 122 }, (_, i) => bench.make.row({ start: NINE + i * 3 * DAY }));
      const inserted = await bench.receptionist.insert(rows);
      sameRows(await rowsOf(await bench.connect()), inserted);
    },
  },
  {
    name: 'any text comes through in ids, practitioners and locations',
    needs: ['texts'],
    async run(bench) {
      const rows = HOSTILE.map((text) =>
        bench.make.row({ id: text, practitionerIds: [text], locationId: text, start: NINE }),
      );
      const inserted = await bench.receptionist.insert([...rows, bench.make.row({ locationId: '' })]);
      assert.equal(new Set(inserted.map(({ id }) => id)).size, inserted.length);
      sameRows(await rowsOf(await bench.connect()), inserted);
    },
  },
  {
    name: 'an appointment and a blockout of the same number are two rows',
    needs: ['blockouts'],
    async run(bench) {
      const rows = await bench.receptionist.insert([
        bench.make.row({ id: '7' }),
        bench.make.row({ id: '7', kind: 'blockout' }),
      ]);
      assert.notEqual(rows[0]?.id, rows[1]?.id);
      const link = await bench.connect();
      sameRows(await rowsOf(link), rows);
      if (rows[0]) await bench.receptionist.remove([keyOf(rows[0])]);
      sameRows(await rowsOf(link), rows.slice(1));
    },
  },
  {
    name: 'equal columns have equal hashes, whichever way they are read',
    async run(bench) {
      const rows = await bench.receptionist.insert(
        kindsOf(bench).map((kind) => bench.make.row({ kind, locationId: '1' })),
      );
      const link = await bench.connect();
      const expected = new Map((await everything(link)).map(({ row, hash }) => [row.id, hash]));
      for (const hash of expected.values()) assert.match(hash, HASH);
      for (const row of rows) {
        const range = { stream: streamOf(row), from: row.start, to: row.start + 1, practitionerId: '1' };
        const again = (await recordsOf(link, range, row.end - 1)).find((record) => record.row.id === row.id);
        assert.equal(again?.hash, expected.get(row.id));
        if (!link.readKeys) continue;
        const { records } = await readKeys(link, [row.id], { stream: streamOf(row) });
        assert.equal(records[0]?.hash, expected.get(row.id));
      }
      if (link.openSnapshot) {
        const snapshot = await ok(link.openSnapshot(NEVER));
        for (const { row, hash } of await everything(snapshot)) assert.equal(hash, expected.get(row.id));
        await snapshot.close();
      }
      await link.close();
      await bench.receptionist.remove(rows.map(keyOf));
      await bench.receptionist.insert(rows);
      const other = await bench.connect(bench.clinic.another());
      for (const { row, hash } of await everything(other)) assert.equal(hash, expected.get(row.id));
    },
  },
  {
    name: 'another value in any mapped field is another hash',
    async run(bench) {
      const { capabilities } = bench;
      for (const kind of kindsOf(bench)) {
        const given = await bench.insert({ kind, practitionerIds: ['1'], locationId: '2' });
        await bench.receptionist.remove([keyOf(given)]);
        const variants: Partial<ClinicRow>[] = [
          {},
          { practitionerIds: ['2'] },
          ...(capabilities.multiplePractitioners ? [{ practitionerIds: ['1', '2'] }] : []),
          { locationId: null },
          { locationId: '1' },
          { start: given.start - bench.grain },
          { end: given.end + bench.grain },
          { start: given.start - bench.grain, end: given.end - bench.grain },
          ...(kind === 'session' ? [{ slotMs: 10 * MINUTE }, { slotMs: 15 * MINUTE }] : []),
          ...(capabilities.texts ? [{ locationId: '' }, { practitionerIds: ['12'], locationId: '' }] : []),
          ...(capabilities.texts && capabilities.multiplePractitioners
            ? ['1+2', '1,2', '1|2', '1 2'].map((name) => ({ practitionerIds: [name] }))
            : []),
        ];
        const hashes = new Map<string, Partial<ClinicRow>>();
        const rows = new Map(
          variants.map((variant) => bench.make.fit({ ...given, ...variant })).map((row) => [JSON.stringify(row), row]),
        );
        for (const variant of rows.values()) {
          const hash = await hashAs(bench, variant);
          assert.deepEqual(hashes.get(hash), undefined, `${JSON.stringify(variant)} has the same hash`);
          hashes.set(hash, variant);
        }
      }
    },
  },
  {
    name: 'rows that differ in their id alone have different hashes, in all streams and kinds',
    async run(bench) {
      const rows = kindsOf(bench).flatMap((kind) => ['1', '2', '11'].map((id) => bench.make.row({ kind, id })));
      await bench.receptionist.insert(rows);
      const records = await everything(await bench.connect());
      assert.equal(records.length, rows.length);
      assert.equal(new Set(records.map(({ hash }) => hash)).size, rows.length);
    },
  },
  {
    name: 'an edit in place shows at once, with another hash',
    async run(bench) {
      const row = await bench.insert();
      const link = await bench.connect();
      const [before] = await recordsOf(link);
      const moved = { ...row, start: row.start + HOUR, end: row.end + HOUR };
      await bench.receptionist.update([moved]);
      const [after, ...others] = await recordsOf(link);
      assert.deepEqual(after?.row, moved);
      assert.deepEqual(others, []);
      assert.notEqual(after?.hash, before?.hash);
    },
  },
  {
    name: 'a deletion and a reused id show at once',
    async run(bench) {
      const row = await bench.insert();
      const link = await bench.connect();
      const [before] = await recordsOf(link);
      await bench.receptionist.remove([keyOf(row)]);
      assert.deepEqual(await rowsOf(link), []);
      const stranger = { ...row, practitionerIds: ['2'], start: row.start + DAY, end: row.end + DAY };
      assert.deepEqual(await bench.receptionist.insert([stranger]), [stranger], 'the harness keeps a freed id');
      const [after, ...others] = await recordsOf(link);
      assert.deepEqual(after?.row, stranger);
      assert.deepEqual(others, []);
      assert.notEqual(after?.hash, before?.hash);
    },
  },
  {
    name: 'a row that cannot be decoded is named and not read, while the others are',
    needs: ['undecodable'],
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(3));
      const [bad, ...good] = rows;
      if (!bad) assert.fail('the harness inserted nothing');
      await bench.receptionist.spoil?.(keyOf(bad));
      const link = await bench.connect();
      const reads = [await ok(link.readRange({ range: whole(), cutoff: CUTOFF, signal: NEVER }))];
      if (link.readKeys)
        reads.push(
          await readKeys(
            link,
            rows.map(({ id }) => id),
          ),
        );
      for (const { records, skipped } of reads) {
        sameRows(
          records.map(({ row }) => row),
          good,
        );
        assert.deepEqual(
          skipped.map(({ key }) => key),
          [keyOf(bad)],
        );
        for (const { field, rule } of skipped) assert.ok(field !== '' && rule !== '');
      }
    },
  },
];
