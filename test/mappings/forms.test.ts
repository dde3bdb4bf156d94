/** Each form of times on each engine: exactly the rows that were asked for, and digests that are their sums, near clock changes. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EMPTY_DIGEST, addHash } from '../../src/domain/digest.js';
import type { Instant } from '../../src/domain/instant.js';
import { at, connect, never, ok } from '../adapters/kit.js';
import { DAY, FORMS, HOUR, MINUTE, starts, type Form, type Typed } from './forms.js';
import { GROUNDS, type Ground } from './ground.js';

const ZONE = 'Australia/Lord_Howe';
/** Half an hour back at 2:00, half an hour forward at 2:00, and a plain day. */
const CHANGES = ['2026-04-04T15:00Z', '2026-10-03T15:30Z', '2026-07-15T00:00Z'].map(at);
const LONGEST = 31 * DAY;

const quarters = (most: number) => fc.integer({ min: 0, max: most / (15 * MINUTE) }).map((n) => n * 15 * MINUTE);
const moment = fc
  .tuple(fc.constantFrom(...CHANGES), fc.oneof(quarters(6 * HOUR), quarters(40 * DAY)), fc.boolean())
  .map(([change, distance, before]) => (before ? change - distance : change + distance));
const typed: fc.Arbitrary<Typed> = fc
  .record({
    start: moment.map((value) => Math.floor(value / (15 * MINUTE)) * 15 * MINUTE + 10.5 * HOUR),
    length: fc.oneof(quarters(3 * HOUR), quarters(30 * HOUR), fc.constant(0)),
    missing: fc.constantFrom(false, false, false, false, true),
  })
  .map(({ start, length, missing }) => ({ start, end: missing ? null : start + length }));

interface Meant {
  readonly id: string;
  readonly start: Instant;
  /** `null`: it cannot be read. */
  readonly end: Instant | null;
}

const drawn = fc.record({
  rows: fc.array(typed, { maxLength: 30 }),
  cutoff: moment,
  edges: fc.uniqueArray(moment, { maxLength: 6 }).map((edges) => edges.sort((a, b) => a - b)),
  pin: fc.nat(29),
});

function meantBy(form: Form, rows: readonly Typed[]): Meant[] {
  return rows.map((row, i) => {
    const start = starts(form, row, ZONE);
    const end = form.ends(row, start, ZONE);
    return { id: String(i + 1), start, end: end !== null && end >= start ? end : null };
  });
}

describe.each(GROUNDS)('%s', (_engine, isThere, open) => {
  let ground: Ground;
  beforeAll(async () => {
    if (isThere) ground = await open();
  });
  afterAll(() => ground?.dispose());

  it.skipIf(!isThere).each(FORMS.map((form) => [form.name, form] as const))(
    '%s',
    async (_name, form) => {
      const table = `form_${String(FORMS.indexOf(form))}`;
      await ground.table(table, `id int primary key, p int, ${form.columns(ground.types)}`);
      await ground.run(`create index on_${table} on ${table} (${form.index})`);
      const { start, end, time } = form;
      const link = await connect(
        ground.adapter({
          zone: ZONE,
          appointments: {
            table,
            id: 'id',
            practitioner: 'p',
            start,
            end,
            ...(time && { time }),
            longestRowMs: LONGEST,
          },
        }),
      );
      const property = fc.asyncProperty(drawn, async ({ rows, edges, cutoff: anyCutoff, pin }) => {
        await ground.run(`delete from ${table}`);
        await ground.insert(
          table,
          rows.map((row, i) => ({ id: i + 1, p: 7, ...form.store(row) })),
        );
        const meant = meantBy(form, rows);
        // Often exactly where a row ends.
        const cutoff = meant[pin]?.end ?? anyCutoff;
        const expected = (from: Instant | null, to: Instant | null) =>
          meant.filter((row) => {
            const isAsked =
              row.start >= Math.max(from ?? -Infinity, cutoff - LONGEST) && (to === null || row.start < to);
            return isAsked && (row.end === null ? row.start > cutoff : row.end > cutoff);
          });
        const read = async (from: Instant | null, to: Instant | null) => {
          const answer = await ok(link.readRange({ range: { stream: 'busy', from, to }, cutoff, signal: never }));
          const wanted = expected(from, to);
          const good = wanted.filter((row) => row.end !== null);
          expect(
            answer.records
              .map(({ row }) => ({ id: row.id, start: row.start, end: row.end }))
              .sort((a, b) => Number(a.id) - Number(b.id)),
          ).toEqual(good);
          return answer;
        };
        const all = await read(null, null);
        const digests = await ok(link.digest!({ stream: 'busy', edges, cutoff, signal: never }));
        for (let i = 0; i <= edges.length; i++) {
          const part = await read(edges[i - 1] ?? null, edges[i] ?? null);
          const sum = part.records.reduce((digest, { hash }) => addHash(digest, hash), EMPTY_DIGEST);
          if (part.skipped.length === 0 && isExact(form, expected(null, null), cutoff)) expect(digests[i]).toEqual(sum);
        }
        const ids = meant.map(({ id }) => id);
        const byKey = await ok(link.readKeys!({ stream: 'busy', ids, cutoff, signal: never }));
        expect(byKey.records.map(({ hash }) => hash).sort()).toEqual(all.records.map(({ hash }) => hash).sort());
      });
      const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Date.now() % 2 ** 31);
      await fc.assert(property, { numRuns: ground.engine === 'sqlite' ? 60 : 25, seed });
      await link.close();
    },
    60_000,
  );
});

/** A length is added to the clock on the wall, so that a row may count too long where a clock change lies shortly before the cutoff. */
function isExact(form: Form, _rows: readonly Meant[], cutoff: Instant): boolean {
  const adds = typeof form.end === 'object' && 'length' in form.end && typeof form.end.length === 'string';
  return !adds || !CHANGES.some((change) => Math.abs(cutoff - change) < 3 * DAY);
}
