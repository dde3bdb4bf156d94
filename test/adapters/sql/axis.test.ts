import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  bucketOf,
  segmentsOf,
  spansBefore,
  spansFrom,
  wallAxis,
  type Span,
} from '../../../src/adapters/sql/time/axis.js';
import { DAY, HOUR, MINUTE } from '../../../src/domain/instant.js';
import { instantToWall } from '../../../src/domain/zone.js';
import { at } from '../kit.js';

/** Zones with clock changes at 2 and 3 o'clock, at midnight, and by half an hour. */
const ZONES: readonly (readonly [string, readonly string[]])[] = [
  ['Australia/Melbourne', ['2026-04-04T16:00Z', '2026-10-03T16:00Z']],
  ['Australia/Lord_Howe', ['2026-04-04T15:00Z', '2026-10-03T15:30Z']],
  ['Africa/Cairo', ['2026-04-23T22:00Z', '2026-10-29T21:00Z']],
  ['America/New_York', ['2026-03-08T07:00Z', '2026-11-01T06:00Z']],
];

const within = (spans: readonly Span[], value: number) =>
  spans.some(({ from, to }) => (from === null || value >= from) && (to === null || value < to));

const nearChange = fc.constantFrom(...ZONES.flatMap(([zone, changes]) => changes.map((change) => ({ zone, change }))));
const offset = fc.integer({ min: -3 * DAY, max: 3 * DAY }).map((ms) => Math.round(ms / MINUTE) * MINUTE);
const close = fc.integer({ min: -4 * HOUR, max: 4 * HOUR }).map((ms) => Math.round(ms / MINUTE) * MINUTE);
const distance = fc.oneof(close, offset);

const policy = fc.constantFrom(
  { gap: 'shift', overlap: 'earlier' } as const,
  { gap: 'shift', overlap: 'later' } as const,
  { gap: 'reject', overlap: 'reject' } as const,
);

describe('wall-clock comparisons around clock changes', () => {
  it('say the same as the instants that the values mean', () => {
    fc.assert(
      fc.property(
        nearChange,
        policy,
        distance,
        fc.array(distance, { maxLength: 40 }),
        ({ zone, change }, twice, edge, values) => {
          const axis = wallAxis(zone, twice);
          const instant = at(change) + edge;
          for (const value of values) {
            const wall = instantToWall(at(change), zone) + value;
            const later = axis.toInstant(wall) >= instant;
            expect(within(spansFrom(axis, instant), wall)).toBe(later);
            expect(within(spansBefore(axis, instant), wall)).toBe(!later);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('put every value into the bucket of its instant', () => {
    fc.assert(
      fc.property(
        nearChange,
        fc.array(distance, { maxLength: 6 }),
        fc.array(distance, { maxLength: 40 }),
        ({ zone, change }, cuts, values) => {
          const axis = wallAxis(zone);
          const edges = [...new Set(cuts.map((cut) => at(change) + cut))].sort((a, b) => a - b);
          const { thresholds, buckets } = segmentsOf(axis, edges);
          for (const value of values) {
            const wall = instantToWall(at(change), zone) + value;
            const segment = thresholds.filter((threshold) => threshold <= wall).length;
            expect(buckets[segment]).toBe(bucketOf(edges, axis.toInstant(wall)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is one stretch on ordinary days, so that an index range serves it', () => {
    expect(spansFrom(wallAxis('Australia/Melbourne'), at('2026-07-01T00:00Z'))).toEqual([
      { from: at('2026-07-01T10:00Z'), to: null },
    ]);
  });
});
