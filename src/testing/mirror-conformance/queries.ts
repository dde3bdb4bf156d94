import assert from 'node:assert/strict';

import { DAY, HOUR } from '../../domain/instant.js';
import { keyText, streamOf, STREAMS, type RowKey, type StoredRow } from '../../domain/row.js';
import type { ClinicMirror, RowQuery } from '../../mirror/mirror.js';
import { Random } from '../random.js';
import { commit, contents, ok, replaceBy, sameRows, type Case } from './bench.js';
import { makeRow, MONDAY, randomInstant, randomRow, someId, somePractitioners } from './samples.js';

const keyOf = ({ row }: StoredRow): RowKey => ({ stream: streamOf(row), id: row.id });
const textOf = (row: StoredRow) => keyText(keyOf(row).stream, row.row.id);

/** What the port says of a query, word for word. */
function matches({ row }: StoredRow, query: RowQuery): boolean {
  const { stream, startsFrom, startsBefore, endsAfter, practitionerIds } = query;
  return (
    streamOf(row) === stream &&
    (startsFrom === undefined || row.start >= startsFrom) &&
    (startsBefore === undefined || row.start < startsBefore) &&
    (endsAfter === undefined || row.end > endsAfter) &&
    (practitionerIds === undefined || practitionerIds.some((id) => row.practitionerIds.includes(id)))
  );
}

function randomQuery(random: Random): RowQuery {
  return {
    stream: random.pick(STREAMS),
    ...(random.chance(0.5) && { startsFrom: randomInstant(random) }),
    ...(random.chance(0.6) && { startsBefore: randomInstant(random) }),
    ...(random.chance(0.6) && { endsAfter: randomInstant(random) }),
    ...(random.chance(0.6) && { practitionerIds: somePractitioners(random) }),
  };
}

/** In order of start; ids are compared only where every order of texts agrees. */
function isInOrder(rows: readonly StoredRow[]): boolean {
  return rows.every(({ row }, i) => {
    const before = rows[i - 1]?.row;
    if (!before || before.start < row.start) return true;
    return before.start === row.start && (!(isPlain(before.id) && isPlain(row.id)) || before.id < row.id);
  });
}

const isPlain = (id: string) => /^[ -~]*$/.test(id);

async function compare(clinic: ClinicMirror, rows: readonly StoredRow[], random: Random): Promise<void> {
  for (let i = 0; i < 25; i++) {
    const query = randomQuery(random);
    const found = await ok(clinic.rows(query));
    const expected = rows.filter((row) => matches(row, query));
    sameRows(found, expected);
    assert.ok(isInOrder(found), `out of order: ${JSON.stringify(query)}`);
  }
  const ids = Array.from({ length: 12 }, () => ({ stream: random.pick(STREAMS), id: someId(random) }));
  const asked = new Set(ids.map(({ stream, id }) => keyText(stream, id)));
  sameRows(
    await ok(clinic.rowsByKey(ids)),
    rows.filter((row) => asked.has(textOf(row))),
  );
  const practitioners = new Set(rows.flatMap(({ row }) => row.practitionerIds));
  assert.deepEqual(await ok(clinic.practitioners()), [...practitioners].sort());
  sameRows(await contents(clinic), rows);
}

export const queryCases: readonly Case[] = [
  {
    name: 'bounds are inclusive and exclusive as the port says',
    async run(bench) {
      const clinic = await bench.open();
      const row = makeRow({ id: '1', start: MONDAY, end: MONDAY + HOUR });
      await commit(clinic, { puts: [row] });
      const count = async (query: Partial<RowQuery>) => (await ok(clinic.rows({ stream: 'busy', ...query }))).length;
      assert.equal(await count({ startsFrom: MONDAY }), 1);
      assert.equal(await count({ startsFrom: MONDAY + 1 }), 0);
      assert.equal(await count({ startsBefore: MONDAY }), 0);
      assert.equal(await count({ startsBefore: MONDAY + 1 }), 1);
      assert.equal(await count({ endsAfter: MONDAY + HOUR }), 0);
      assert.equal(await count({ endsAfter: MONDAY + HOUR - 1 }), 1);
      assert.equal(await count({ practitionerIds: [] }), 0);
      assert.equal(await count({ practitionerIds: ['amy', 'amy'] }), 1);
    },
  },
  {
    name: 'a row that began long before is found by what it still covers, after shorter ones took its place too',
    async run(bench) {
      const clinic = await bench.open();
      const leave = makeRow({ id: 'leave', kind: 'blockout', start: MONDAY - 400 * DAY, end: MONDAY + DAY });
      await commit(clinic, { puts: [leave, makeRow({ id: 'short' })] });
      const during = { stream: 'busy', endsAfter: MONDAY + HOUR, startsBefore: MONDAY + 2 * HOUR } as const;
      assert.deepEqual(await ok(clinic.rows(during)), [leave]);
      assert.deepEqual(await ok(clinic.rows({ ...during, practitionerIds: ['amy'] })), [leave]);
      await commit(clinic, { puts: [makeRow({ id: 'leave', start: MONDAY, end: MONDAY + HOUR })] });
      assert.deepEqual(await ok(clinic.rows(during)), []);
    },
  },
  {
    name: 'a row of several practitioners is told once',
    async run(bench) {
      const clinic = await bench.open();
      const rows = ['1', '2', '3'].map((id) => makeRow({ id, practitionerIds: ['amy', 'bo', 'cy'] }));
      await commit(clinic, { puts: rows });
      assert.deepEqual(await ok(clinic.rows({ stream: 'busy', practitionerIds: ['cy', 'amy'] })), rows);
      assert.deepEqual(await ok(clinic.rows({ stream: 'busy' })), rows);
    },
  },
  {
    name: 'rowsByKey gives each row once and leaves out what is not there',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: [makeRow({ id: '1' })] });
      const keys = ['1', '1', '2'].map((id) => ({ stream: 'busy', id }) as const);
      assert.deepEqual(await ok(clinic.rowsByKey(keys)), [makeRow({ id: '1' })]);
      assert.deepEqual(await ok(clinic.rowsByKey([])), []);
    },
  },
  {
    name: 'queries agree with a naive search, whatever was committed',
    random: true,
    async run(bench) {
      const random = new Random(bench.seed);
      const model = new Map<string, StoredRow>();
      let clinic = await bench.open();
      for (let round = 0; round < 25; round++) {
        const puts = Array.from({ length: random.int(0, 25) }, () => randomRow(random));
        if (random.chance(0.15)) {
          model.clear();
          await replaceBy(clinic, puts);
        } else {
          const removes = Array.from({ length: random.int(0, 8) }, () => ({
            stream: random.pick(STREAMS),
            id: someId(random),
          }));
          for (const { stream, id } of removes) model.delete(keyText(stream, id));
          await commit(clinic, { puts, removes });
        }
        for (const row of puts) model.set(textOf(row), row);
        if (random.chance(0.2)) {
          const pruneEndedBy = randomInstant(random);
          await commit(clinic, { pruneEndedBy });
          for (const [key, { row }] of model) if (row.end <= pruneEndedBy) model.delete(key);
        }
        if (random.chance(0.2)) clinic = await bench.crash();
        await compare(clinic, [...model.values()], random);
      }
    },
  },
];
