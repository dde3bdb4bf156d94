import { Temporal } from 'temporal-polyfill';

import { DAY, type Instant } from '../../../domain/instant.js';
import { DEFAULT_WALL_POLICY, instantToWall, wallToInstant, type WallPolicy } from '../../../domain/zone.js';

/**
 * The line on which a time column's values lie, in ms: instants, or wall-clock times written as if they were UTC. SQL compares
 * columns with constants on this line, so what is asked in instants has to be said in its terms, clock changes included.
 */
export interface Axis {
  /** Where the value lies among instants. */
  toInstant(value: number): Instant;
  /** What the value means; `undefined` for a wall time that the mapping refuses. */
  read(value: number): Instant | undefined;
  /** What a clock on this axis shows at the instant; not every value leads back to it. */
  ofInstant(instant: Instant): number;
  /**
   * The values at which the answer to "is it at or after `instant`?" may change: between two neighbours of them it is the
   * same for all, and below the least of them it is no.
   */
  cuts(instant: Instant): readonly number[];
}

/** From inclusive, to exclusive; `null` without a bound. */
export interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

export const INSTANT_AXIS: Axis = {
  toInstant: (value) => value,
  read: (value) => value,
  ofInstant: (instant) => instant,
  cuts: (instant) => [instant],
};

export function wallAxis(zone: string, policy: WallPolicy = DEFAULT_WALL_POLICY): Axis {
  // What cannot be read has a place all the same, so that it is found and told.
  const placing: WallPolicy = { gap: 'shift', overlap: policy.overlap === 'later' ? 'later' : 'earlier' };
  return {
    toInstant: (wall) => wallToInstant(wall, zone, placing) ?? wall,
    read: (wall) => wallToInstant(wall, zone, policy),
    ofInstant: (instant) => instantToWall(instant, zone),
    cuts: (instant) => wallCuts(instant, zone),
  };
}

/**
 * One cut on ordinary days. Near a clock change the wall times that mean instants from `instant` on can be two stretches: in a
 * skipped hour, 02:30 means what 03:30 does and comes after 03:00.
 */
function wallCuts(instant: Instant, zone: string): readonly number[] {
  const offsetAt = (at: Instant) => instantToWall(at, zone) - at;
  const cuts = new Set([instant + offsetAt(instant)]);
  const offsets = new Set([offsetAt(instant - 2 * DAY), offsetAt(instant), offsetAt(instant + 2 * DAY)]);
  if (offsets.size > 1) {
    for (const change of clockChanges(instant - 2 * DAY, instant + 2 * DAY, zone)) {
      for (const offset of [offsetAt(change - 1), offsetAt(change)]) {
        cuts.add(change + offset);
        cuts.add(instant + offset);
      }
    }
  }
  return [...cuts].sort((a, b) => a - b);
}

function clockChanges(from: Instant, to: Instant, zone: string): Instant[] {
  const changes: Instant[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (!next || next.epochMilliseconds > to) return changes;
    changes.push(next.epochMilliseconds);
    at = next;
  }
}

/** All values that mean `instant` or later. */
export function spansFrom(axis: Axis, instant: Instant): Span[] {
  return spansWhere(axis, instant, true);
}

/** All values that mean something before `instant`. */
export function spansBefore(axis: Axis, instant: Instant): Span[] {
  return spansWhere(axis, instant, false);
}

function spansWhere(axis: Axis, instant: Instant, wanted: boolean): Span[] {
  const cuts = axis.cuts(instant);
  const spans: { from: number | null; to: number | null }[] = [];
  for (let i = -1; i < cuts.length; i++) {
    const from = cuts[i] ?? null;
    const to = cuts[i + 1] ?? null;
    const holds = from !== null && axis.toInstant(from) >= instant;
    if (holds !== wanted) continue;
    const last = spans.at(-1);
    if (last?.to === from) last.to = to;
    else spans.push({ from, to });
  }
  return spans;
}

/** Cuts the axis so that all values of one segment fall between the same two edges. */
export interface Segments {
  /** Ascending; segment 0 lies below the first, segment i from the i-th on. */
  readonly thresholds: readonly number[];
  /** For each segment how many edges lie at or before it: its bucket. */
  readonly buckets: readonly number[];
}

export function segmentsOf(axis: Axis, edges: readonly Instant[]): Segments {
  const thresholds = [...new Set(edges.flatMap((edge) => axis.cuts(edge)))].sort((a, b) => a - b);
  const buckets = [0, ...thresholds.map((value) => bucketOf(edges, axis.toInstant(value)))];
  return { thresholds, buckets };
}

/** How many of the ascending edges lie at or before the instant. */
export function bucketOf(edges: readonly Instant[], instant: Instant): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Infinity) <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
