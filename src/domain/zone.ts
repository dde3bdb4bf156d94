import { Temporal } from 'temporal-polyfill';

import { DAY, MINUTE, type Instant } from './instant.js';

/** What a wall-clock time that a clock change skipped, or made twice, stands for. */
export interface WallPolicy {
  /** The time does not exist: refuse it, or move it on by the length of the gap. Default `shift`. */
  readonly gap: 'reject' | 'shift';
  /** The time exists twice. Default `earlier`. */
  readonly overlap: 'earlier' | 'later' | 'reject';
}

export const DEFAULT_WALL_POLICY: WallPolicy = { gap: 'shift', overlap: 'earlier' };

/** True for a zone of the IANA database that this runtime knows, such as `Australia/Sydney`; false for offsets and nonsense. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Offsets of days whose two ends agree, by zone: nearly all days. Transition days are `null` and take the slow way. */
const plainDays = new Map<string, Map<number, number | null>>();
const MAX_DAYS_PER_ZONE = 4_000;

function offsetMs(zone: string, instant: Instant): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
  return Math.round(zoned.offsetNanoseconds / 1e6);
}

/** `wall` is the wall-clock time written as if it were UTC, in ms. */
function plainOffset(zone: string, wall: number): number | null {
  let days = plainDays.get(zone);
  if (!days) plainDays.set(zone, (days = new Map<number, number | null>()));
  const day = Math.floor(wall / DAY);
  let offset = days.get(day);
  if (offset === undefined) {
    // One day to either side covers every offset that the day's own wall times could have.
    const before = offsetMs(zone, (day - 1) * DAY);
    const after = offsetMs(zone, (day + 2) * DAY);
    offset = before === after ? before : null;
    if (days.size >= MAX_DAYS_PER_ZONE) days.clear();
    days.set(day, offset);
  }
  return offset;
}

/**
 * The instant of a wall-clock time in a zone. `wall` is the wall-clock time as ms since the epoch *as if it were UTC*
 * (`Date.UTC(2026, 10, 23, 9, 30)` for half past nine). `undefined` where the policy rejects.
 */
export function wallToInstant(
  wall: number,
  zone: string,
  policy: WallPolicy = DEFAULT_WALL_POLICY,
): Instant | undefined {
  const plain = plainOffset(zone, wall);
  if (plain !== null) return wall - plain;
  const local = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime();
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.epochMilliseconds === later.epochMilliseconds) return earlier.epochMilliseconds;
  const exists = earlier.toPlainDateTime().equals(local);
  if (!exists) return policy.gap === 'reject' ? undefined : later.epochMilliseconds;
  if (policy.overlap === 'reject') return undefined;
  return (policy.overlap === 'later' ? later : earlier).epochMilliseconds;
}

/** The wall-clock time of an instant in a zone, written as if it were UTC, in ms. */
export function instantToWall(instant: Instant, zone: string): number {
  const guess = plainOffset(zone, instant);
  return instant + (guess ?? offsetMs(zone, instant));
}

/** The first instant of a local day, given its number since 1970-01-01: midnight, or the end of a gap that swallowed it. */
function dayStart(day: number, zone: string): Instant {
  const offset = plainOffset(zone, day * DAY);
  if (offset !== null) return day * DAY - offset;
  const date = Temporal.Instant.fromEpochMilliseconds(day * DAY)
    .toZonedDateTimeISO('UTC')
    .toPlainDate();
  return date.toZonedDateTime(zone).epochMilliseconds;
}

/** Days since 1970-01-01 by the clock on the wall. */
export function localDay(instant: Instant, zone: string): number {
  return Math.floor(instantToWall(instant, zone) / DAY);
}

/** The first instant of the local day that `instant` is in. */
export function startOfDay(instant: Instant, zone: string): Instant {
  return dayStart(localDay(instant, zone), zone);
}

/** The first instants of `count` local days in a row, beginning with the day after the one `from` is in. */
export function dayEdges(from: Instant, count: number, zone: string): Instant[] {
  const first = localDay(from, zone);
  return Array.from({ length: count }, (_, i) => dayStart(first + i + 1, zone));
}

/** Weekday (1 Monday … 7 Sunday, as ISO 8601), minute of the day, and days since 1970-01-01 of an instant, by the clock on the wall. */
export function wallParts(instant: Instant, zone: string): { weekday: number; minuteOfDay: number; day: number } {
  const wall = instantToWall(instant, zone);
  const days = Math.floor(wall / DAY);
  return { weekday: weekdayOf(days), minuteOfDay: Math.floor((wall - days * DAY) / MINUTE), day: days };
}

/** 1 Monday … 7 Sunday, as ISO 8601, of days since 1970-01-01, which was a Thursday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}
