import assert from 'node:assert/strict';

import type { ClinicLink, ReadSketch, SketchIds } from '../../adapters/adapter.js';
import { HOUR, type Instant } from '../../domain/instant.js';
import { STREAMS, type ClinicRecord, type RowKind, type Stream } from '../../domain/row.js';
import { sketchDifference, SketchSum } from '../../domain/sketch.js';
import { keyOf, NEVER, ok, recordsOf, whole, type Bench, type Case } from './bench.js';
import { CUTOFF, MONDAY, randomInstant } from './samples.js';

const CELLS = 32;

interface Asked {
  readonly stream: Stream;
  readonly edges?: readonly Instant[];
  readonly cutoff?: Instant;
}

function sketch(link: ClinicLink, { stream, edges = [], cutoff = CUTOFF }: Asked): Promise<ReadSketch> {
  const read = link.sketch?.bind(link);
  if (!read) assert.fail('sketch is declared and not offered');
  return ok(read({ stream, edges, cutoff, cells: CELLS, signal: NEVER }));
}

/** The same of rows that were read. */
function summed(ids: SketchIds, records: readonly ClinicRecord[]): SketchSum {
  const sum = new SketchSum(CELLS, ids.words);
  for (const { row, hash } of records) {
    const words = ids.wordsOf(row.id);
    if (!words) assert.fail(`the id ${row.id} has no words`);
    sum.add({ hash, words });
  }
  return sum;
}

const plain = ({ low, high }: ReadSketch['sketch']): unknown => JSON.parse(JSON.stringify({ low, high }));

/** The streams that sketches are declared of. */
const streamsOf = ({ capabilities }: Bench) => STREAMS.filter((stream) => capabilities.sketch?.includes(stream));

function idsOf(link: ClinicLink, stream: Stream): SketchIds {
  return link.sketchIds?.[stream] ?? assert.fail(`no ids for sketches of ${stream} rows`);
}

let numbers = 0;

/** Rows of every kind, under ids that are numbers where the harness takes what it is given. */
async function insertMany(bench: Bench, count: number): Promise<void> {
  const { make, random, capabilities } = bench;
  const kinds: RowKind[] = ['appointment', 'appointment'];
  if (capabilities.blockouts) kinds.push('blockout');
  if (capabilities.sessions) kinds.push('session');
  const rows = Array.from({ length: count }, () => make.random(random, kinds, capabilities.multiplePractitioners));
  await bench.receptionist.insert(rows.map((row) => ({ ...row, id: String(++numbers) })));
}

const cases: readonly Case[] = [
  {
    name: 'every id leads to numbers and back',
    random: true,
    async run(bench) {
      await insertMany(bench, 60);
      const link = await bench.connect();
      for (const stream of streamsOf(bench)) {
        const ids = idsOf(link, stream);
        for (const { row } of await recordsOf(link, whole(stream))) {
          const words = ids.wordsOf(row.id) ?? assert.fail(`the id ${row.id} has no words`);
          assert.equal(words.length, ids.words);
          assert.equal(ids.idOf(words), row.id);
        }
      }
    },
  },
  {
    name: 'sketches are the sums of the rows that are read, and carry their digests',
    random: true,
    async run(bench) {
      const { random } = bench;
      await insertMany(bench, 80);
      const link = await bench.connect();
      for (let i = 0; i < 8; i++) {
        const edges = [...new Set(Array.from({ length: i }, () => randomInstant(random)))].sort((a, b) => a - b);
        const cutoff = random.chance(0.5) ? CUTOFF : randomInstant(random);
        for (const stream of streamsOf(bench)) {
          const read = await sketch(link, { stream, edges, cutoff });
          const records = await recordsOf(link, whole(stream), cutoff);
          const about = JSON.stringify({ edges, cutoff, stream });
          assert.deepEqual(plain(read.sketch), plain(summed(idsOf(link, stream), records)), about);
          const digests = link.digest && (await ok(link.digest({ stream, edges, cutoff, signal: NEVER })));
          if (digests) assert.deepEqual(read.digests, digests, about);
        }
      }
    },
  },
  {
    name: 'two sketches tell which rows they differ by',
    async run(bench) {
      const [gone, edited, kept] = await bench.receptionist.insert(
        [1, 2, 3].map((hours) => bench.make.row({ id: String(++numbers), start: MONDAY + hours * HOUR })),
      );
      if (!gone || !edited || !kept) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      const ids = idsOf(link, 'busy');
      const before = summed(ids, await recordsOf(link));
      await bench.receptionist.remove([keyOf(gone)]);
      await bench.receptionist.update([{ ...edited, end: edited.end + bench.grain }]);
      const come = await bench.insert({ id: String(++numbers), start: MONDAY + 4 * HOUR });
      const { left, right, isWhole } = sketchDifference(before, (await sketch(link, { stream: 'busy' })).sketch);
      const told = (rows: typeof left) => rows.map(({ words }) => ids.idOf(words)).sort();
      assert.ok(isWhole, 'three rows were more than could be told');
      assert.deepEqual(told(left), [gone.id, edited.id].sort());
      assert.deepEqual(told(right), [come.id, edited.id].sort());
    },
  },
  {
    name: 'sketches count rows that cannot be decoded',
    needs: ['undecodable'],
    async run(bench) {
      const [bad] = await bench.receptionist.insert(
        [1, 2, 3].map((hours) => bench.make.row({ id: String(++numbers), start: MONDAY + hours * HOUR })),
      );
      if (!bad) assert.fail('the harness inserted nothing');
      const link = await bench.connect();
      await bench.receptionist.spoil?.(keyOf(bad));
      const { digests, sketch: read } = await sketch(link, { stream: 'busy' });
      assert.equal(digests[0]?.count, 3);
      for (const half of [read.low, read.high]) {
        assert.equal(
          half.reduce((sum, { count }) => sum + count, 0),
          3,
        );
      }
    },
  },
];

export const sketchCases: readonly Case[] = cases.map((test) => ({
  ...test,
  needs: ['sketch', ...(test.needs ?? [])] as const,
}));
