import assert from 'node:assert/strict';

import type { ClinicReader } from '../../adapters/adapter.js';
import { addHash, EMPTY_DIGEST, sameDigest, type Digest } from '../../domain/digest.js';
import { HOUR, type Instant } from '../../domain/instant.js';
import { STREAMS, type ClinicRow, type RowKind, type Stream } from '../../domain/row.js';
import { keyOf, NEVER, ok, recordsOf, whole, type Case } from './bench.js';
import { CUTOFF, MONDAY, randomInstant } from './samples.js';

const NINE = MONDAY + 9 * HOUR;

/** `digest`; the case needs it. */
function digests(
  reader: ClinicReader,
  edges: readonly Instant[],
  cutoff: Instant = CUTOFF,
  stream: Stream = 'busy',
  to?: Instant,
): Promise<readonly Digest[]> {
  const { digest } = reader;
  if (!digest) assert.fail('digest is declared and not offered');
  return ok(digest.call(reader, { stream, edges, ...(to !== undefined && { to }), cutoff, signal: NEVER }));
}

/** What the digests of a reader must be, from the rows that it reads. */
async function summed(
  reader: ClinicReader,
  edges: readonly Instant[],
  cutoff: Instant = CUTOFF,
  stream: Stream = 'busy',
): Promise<readonly Digest[]> {
  const sums = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  for (const { row, hash } of await recordsOf(reader, whole(stream), cutoff)) {
    const bucket = edges.filter((edge) => edge <= row.start).length;
    sums[bucket] = addHash(sums[bucket] ?? EMPTY_DIGEST, hash);
  }
  return sums;
}

const cases: readonly Case[] = [
  {
    name: 'digests of no rows are empty, one more than there are edges',
    async run(bench) {
      const link = await bench.connect();
      assert.deepEqual(await digests(link, []), [EMPTY_DIGEST]);
      assert.deepEqual(await digests(link, [MONDAY, NINE]), [EMPTY_DIGEST, EMPTY_DIGEST, EMPTY_DIGEST]);
    },
  },
  {
    name: 'a digest without edges sums up everything',
    async run(bench) {
      await bench.receptionist.insert(bench.make.rows(50));
      const link = await bench.connect();
      assert.deepEqual(await digests(link, []), await summed(link, []));
    },
  },
  {
    name: 'a row that starts on an edge belongs to the bucket that begins there',
    async run(bench) {
      const { make } = bench;
      await bench.receptionist.insert(
        [-bench.grain, 0, bench.grain, HOUR - bench.grain, HOUR, 5 * HOUR].map((after) =>
          make.row({ start: NINE + after }),
        ),
      );
      const link = await bench.connect();
      const found = await digests(link, [NINE, NINE + HOUR]);
      assert.deepEqual(
        found.map(({ count }) => count),
        [1, 3, 2],
      );
      assert.deepEqual(found, await summed(link, [NINE, NINE + HOUR]));
    },
  },
  {
    name: 'digests leave out what ended by the cutoff',
    async run(bench) {
      const { make } = bench;
      const ends = [-bench.grain, 0, bench.grain, HOUR];
      await bench.receptionist.insert(ends.map((after) => make.row({ start: MONDAY, end: NINE + after })));
      const link = await bench.connect();
      const found = await digests(link, [NINE], NINE);
      assert.deepEqual(
        found.map(({ count }) => count),
        [2, 0],
      );
      assert.deepEqual(found, await summed(link, [NINE], NINE));
    },
  },
  {
    name: 'digests follow every insert, edit and deletion at once',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(10));
      const [first, second] = rows;
      if (!first || !second) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      const steps = [
        () => bench.insert(),
        () => bench.receptionist.update([{ ...first, end: first.end + bench.grain }]),
        () => bench.receptionist.remove([keyOf(second)]),
      ];
      let [before = EMPTY_DIGEST] = await digests(link, []);
      for (const step of steps) {
        await step();
        const [after = EMPTY_DIGEST] = await digests(link, []);
        assert.ok(!sameDigest(before, after), 'a change left the digest as it was');
        assert.deepEqual([after], await summed(link, []));
        before = after;
      }
    },
  },
  {
    name: 'two rows that swap a value change the digest',
    async run(bench) {
      const [a, b] = await bench.receptionist.insert([
        bench.make.row({ practitionerIds: ['1'], locationId: '1' }),
        bench.make.row({ practitionerIds: ['2'], locationId: '2', end: NINE + HOUR }),
      ]);
      if (!a || !b) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      const [straight = EMPTY_DIGEST] = await digests(link, []);
      const swaps: ((from: ClinicRow) => Partial<ClinicRow>)[] = [
        ({ practitionerIds }) => ({ practitionerIds }),
        // Not every clinic has locations.
        ...(a.locationId === b.locationId ? [] : [({ locationId }: ClinicRow) => ({ locationId })]),
        ({ end }) => ({ end }),
      ];
      for (const swap of swaps) {
        await bench.receptionist.update([
          { ...a, ...swap(b) },
          { ...b, ...swap(a) },
        ]);
        const [crossed = EMPTY_DIGEST] = await digests(link, []);
        assert.equal(crossed.count, 2);
        assert.ok(!sameDigest(straight, crossed), 'a swap left the digest as it was');
        await bench.receptionist.update([a, b]);
        assert.deepEqual(await digests(link, []), [straight]);
      }
    },
  },
  {
    name: 'digests count rows that cannot be decoded',
    needs: ['undecodable'],
    async run(bench) {
      const [bad] = await bench.receptionist.insert(bench.make.rows(3));
      if (!bad) assert.fail('the harness inserted nothing');
      const link = await bench.connect();
      await bench.receptionist.spoil?.(keyOf(bad));
      const [broken = EMPTY_DIGEST] = await digests(link, []);
      assert.equal(broken.count, 3);
      await bench.receptionist.remove([keyOf(bad)]);
      const [without = EMPTY_DIGEST] = await digests(link, []);
      assert.equal(without.count, 2);
    },
  },
  {
    name: 'digests up to an edge are right in every bucket before it, and whole ones after them too',
    random: true,
    async run(bench) {
      const { random, make, capabilities } = bench;
      const rows = Array.from({ length: 60 }, () =>
        make.random(random, ['appointment'], capabilities.multiplePractitioners),
      );
      const [moved] = await bench.receptionist.insert(rows);
      if (!moved) assert.fail('the harness inserted less than it was asked to');
      const link = await bench.connect();
      for (let i = 0; i < 10; i++) {
        const drawn = Array.from({ length: random.pick([1, 2, 10]) }, () => randomInstant(random));
        const edges = [...new Set(drawn)].sort((a, b) => a - b);
        const to = edges.at(-1);
        if (to === undefined) continue;
        const expected = await summed(link, edges);
        assert.deepEqual((await digests(link, edges, CUTOFF, 'busy', to)).slice(0, -1), expected.slice(0, -1));
        assert.deepEqual(await digests(link, edges), expected);
        await bench.receptionist.update([{ ...moved, end: moved.end + (i % 2 === 0 ? bench.grain : 0) }]);
      }
    },
  },
  {
    name: 'digests with random edges are the sums of the hashes that are read',
    random: true,
    async run(bench) {
      const { random, make, capabilities } = bench;
      const kinds: RowKind[] = ['appointment', 'appointment'];
      if (capabilities.blockouts) kinds.push('blockout');
      if (capabilities.sessions) kinds.push('session');
      await bench.receptionist.insert(
        Array.from({ length: 80 }, () => make.random(random, kinds, capabilities.multiplePractitioners)),
      );
      const link = await bench.connect();
      for (let i = 0; i < 20; i++) {
        const drawn = Array.from({ length: random.pick([0, 1, 2, 5, 40]) }, () => randomInstant(random));
        const edges = [...new Set(drawn)].sort((a, b) => a - b);
        const cutoff = random.chance(0.5) ? CUTOFF : randomInstant(random);
        for (const stream of STREAMS) {
          const about = JSON.stringify({ edges, cutoff, stream });
          assert.deepEqual(
            await digests(link, edges, cutoff, stream),
            await summed(link, edges, cutoff, stream),
            about,
          );
        }
      }
    },
  },
];

export const digestCases: readonly Case[] = cases.map((test) => ({
  ...test,
  needs: ['digest', ...(test.needs ?? [])] as const,
}));
