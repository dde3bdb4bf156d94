/**
 * A point in time: whole milliseconds since 1970-01-01T00:00:00Z. Every instant in this library is one of these;
 * wall-clock times exist only inside adapters. `new Date(instant)` and {@link toIso} convert.
 */
export type Instant = number;

/** What callers may pass for a point in time: a `Date`, an ISO 8601 text with an offset or `Z`, or epoch milliseconds. */
export type InstantInput = Date | string | number;

/** The widest instant that `Date` can express, in ms: 100,000,000 days either side of the epoch (ECMA-262, "Time Values"). */
export const MAX_INSTANT: Instant = 8_640_000_000_000_000;

const ISO_WITH_OFFSET = /^[+-]?\d{4,6}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)$/i;

/**
 * Reads a point in time. Gives `undefined` for an invalid `Date`, a text without an offset (its zone would be a guess),
 * or a number that is not a whole millisecond in `Date`'s range.
 */
export function toInstant(input: InstantInput): Instant | undefined {
  let ms: number;
  if (input instanceof Date) ms = input.getTime();
  else if (typeof input === 'string') ms = ISO_WITH_OFFSET.test(input) ? Date.parse(input) : Number.NaN;
  else ms = input;
  return Number.isInteger(ms) && Math.abs(ms) <= MAX_INSTANT ? ms : undefined;
}

/** `2026-11-23T11:05:49.000Z`. */
export function toIso(instant: Instant): string {
  return new Date(instant).toISOString();
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
