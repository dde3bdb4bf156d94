import { err, ok, type Result } from 'neverthrow';

import { fault, type ErrorOf } from './errors.js';
import { DAY, HOUR, MINUTE, toInstant, type Instant, type InstantInput } from './instant.js';
import { isLength, type AskedLength } from './slot-lengths.js';
import { readMark, type PageMark } from './slot-page.js';

/** What a person asks for. Every part narrows; an empty filter asks for everything up to the horizon. */
export interface AvailabilityFilter {
  /** Slots of any of these; default all. */
  readonly practitionerIds?: readonly string[];
  /** Slots at any of these; default all. */
  readonly locationIds?: readonly string[];
  /** Slots that start at or after this; default now. */
  readonly from?: InstantInput;
  /** Slots that start before this; default the booking horizon. */
  readonly to?: InstantInput;
  /** Slots on these days by the clinic's calendar, as `YYYY-MM-DD`, both inclusive; beside `from` and `to`. */
  readonly dates?: { readonly from?: string; readonly to?: string };
  /** The type of appointment, by the host's name for it (`slots.types`): slots are as long as it is. Default: each session's own length. */
  readonly type?: string;
  /** Instead of a type: slots so long. Only where a session's own slots, or a type, make it up. */
  readonly lengthMinutes?: number;
  /** Of each practitioner the first slot alone. Default false. */
  readonly earliestPerPractitioner?: boolean;
  /** ISO weekdays in the clinic's zone: 1 Monday … 7 Sunday; default all. */
  readonly weekdays?: readonly number[];
  /** The slot's start by the clinic's clock: `from` inclusive, `to` exclusive, as `HH:MM` from 00:00 to 24:00. */
  readonly timeOfDay?: { readonly from?: string; readonly to?: string };
  /** The most slots to answer with, from 1 to 10,000; default 500. */
  readonly limit?: number;
  /** The `next` of an earlier answer to the same filter: the slots after those. */
  readonly after?: string;
}

export interface ResolvedFilter {
  readonly practitionerIds: readonly string[] | null;
  readonly locationIds: ReadonlySet<string> | null;
  readonly from: Instant;
  readonly to: Instant;
  readonly weekdays: ReadonlySet<number> | null;
  /** Minutes since midnight. */
  readonly minutes: { readonly from: number; readonly to: number } | null;
  /** Days since 1970-01-01 by the clinic's calendar, both inclusive. */
  readonly days: { readonly from: number; readonly to: number } | null;
  readonly length: AskedLength;
  readonly earliestPerPractitioner: boolean;
  readonly after: PageMark | null;
  readonly limit: number;
}

export const DEFAULT_LIMIT = 500;
export const MAX_LIMIT = 10_000;
/** How far ahead slots are offered unless the host says otherwise. */
export const DEFAULT_HORIZON_MS = 120 * DAY;

type Invalid = ErrorOf<'InvalidArgument'>;

function invalid(field: string, rule: string): Invalid {
  return fault('InvalidArgument', `${field} ${rule}`, { field });
}

function resolveIds(ids: readonly string[] | undefined, field: string): Result<readonly string[] | null, Invalid> {
  if (ids === undefined) return ok(null);
  if (!Array.isArray(ids) || ids.length === 0)
    return err(invalid(field, 'must be a list of at least one id; leave it out for all'));
  return ids.every((id) => typeof id === 'string' && id !== '')
    ? ok(ids)
    : err(invalid(field, 'must hold non-empty texts'));
}

function resolveInstant(input: InstantInput | undefined, field: string, fallback: Instant): Result<Instant, Invalid> {
  if (input === undefined) return ok(fallback);
  const instant = toInstant(input);
  return instant === undefined
    ? err(invalid(field, 'must be a valid Date, an ISO 8601 text with an offset or Z, or whole epoch milliseconds'))
    : ok(instant);
}

const TIME = /^([01]\d|2[0-4]):([0-5]\d)$/;

function resolveTime(time: string | undefined, field: string, fallback: number): Result<number, Invalid> {
  if (time === undefined) return ok(fallback);
  const match = typeof time === 'string' ? TIME.exec(time) : null;
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : Number.NaN;
  return minutes <= 1_440 ? ok(minutes) : err(invalid(field, 'must be HH:MM from 00:00 to 24:00'));
}

/** Local days lie within so much of the UTC ones; `free-slots.ts` then looks at each slot's own. */
const WIDEST_OFFSET_MS = 15 * HOUR;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

function resolveDay(date: string | undefined, field: string, fallback: number): Result<number, Invalid> {
  if (date === undefined) return ok(fallback);
  const day = typeof date === 'string' && DATE.test(date) ? Date.parse(`${date}T00:00:00Z`) / DAY : Number.NaN;
  // 31 February is read as 3 March.
  const isDay = Number.isInteger(day) && new Date(day * DAY).toISOString().startsWith(date);
  return isDay ? ok(day) : err(invalid(field, 'must be a day, YYYY-MM-DD'));
}

function resolveDays({ dates }: AvailabilityFilter): Result<ResolvedFilter['days'], Invalid> {
  if (!dates) return ok(null);
  const from = resolveDay(dates.from, 'filter.dates.from', -Infinity);
  if (from.isErr()) return err(from.error);
  const to = resolveDay(dates.to, 'filter.dates.to', Infinity);
  if (to.isErr()) return err(to.error);
  if (to.value < from.value) return err(invalid('filter.dates.to', 'must not be before filter.dates.from'));
  return ok({ from: from.value, to: to.value });
}

function resolveLength(
  { type, lengthMinutes }: AvailabilityFilter,
  types: readonly string[],
): Result<AskedLength, Invalid> {
  if (type !== undefined && lengthMinutes !== undefined)
    return err(invalid('filter.lengthMinutes', 'must not be given beside filter.type'));
  if (type !== undefined) {
    const known = types.length === 0 ? 'slots.types names none' : `known: ${types.join(', ')}`;
    return types.includes(type) ? ok({ type }) : err(invalid('filter.type', `must be a type of slots.types; ${known}`));
  }
  if (lengthMinutes === undefined) return ok(null);
  if (!isLength(lengthMinutes)) return err(invalid('filter.lengthMinutes', 'must be a number of minutes up to a day'));
  return ok({ ms: lengthMinutes * MINUTE });
}

function resolveAfter({ after }: AvailabilityFilter): Result<PageMark | null, Invalid> {
  if (after === undefined) return ok(null);
  const mark = typeof after === 'string' ? readMark(after) : undefined;
  return mark ? ok(mark) : err(invalid('filter.after', "must be an answer's next"));
}

/** Checks a filter and fills in its defaults. `types`: the host's names for types of appointments. */
export function resolveFilter(
  filter: AvailabilityFilter,
  now: Instant,
  horizonMs: number,
  types: readonly string[] = [],
): Result<ResolvedFilter, Invalid> {
  const practitionerIds = resolveIds(filter.practitionerIds, 'filter.practitionerIds');
  if (practitionerIds.isErr()) return err(practitionerIds.error);
  const locationIds = resolveIds(filter.locationIds, 'filter.locationIds');
  if (locationIds.isErr()) return err(locationIds.error);
  const from = resolveInstant(filter.from, 'filter.from', now);
  if (from.isErr()) return err(from.error);
  const to = resolveInstant(filter.to, 'filter.to', Math.max(now, from.value) + horizonMs);
  if (to.isErr()) return err(to.error);
  if (to.value <= from.value) return err(invalid('filter.to', 'must be later than filter.from'));
  const { weekdays, limit = DEFAULT_LIMIT } = filter;
  if (weekdays && (weekdays.length === 0 || !weekdays.every((day) => Number.isInteger(day) && day >= 1 && day <= 7))) {
    return err(invalid('filter.weekdays', 'must be a list of whole numbers from 1 (Monday) to 7 (Sunday)'));
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return err(invalid('filter.limit', `must be a whole number from 1 to ${String(MAX_LIMIT)}`));
  }
  const earliest = resolveTime(filter.timeOfDay?.from, 'filter.timeOfDay.from', 0);
  if (earliest.isErr()) return err(earliest.error);
  const latest = resolveTime(filter.timeOfDay?.to, 'filter.timeOfDay.to', 1_440);
  if (latest.isErr()) return err(latest.error);
  if (latest.value <= earliest.value)
    return err(invalid('filter.timeOfDay.to', 'must be later than filter.timeOfDay.from'));
  const days = resolveDays(filter);
  if (days.isErr()) return err(days.error);
  const length = resolveLength(filter, types);
  if (length.isErr()) return err(length.error);
  const after = resolveAfter(filter);
  if (after.isErr()) return err(after.error);
  const earliestPerPractitioner = filter.earliestPerPractitioner === true;
  // Everything before the last page's end has been told; but who was told there has their earliest slot, and no later one.
  const resumed = earliestPerPractitioner ? now : (after.value?.start ?? now);
  return ok({
    practitionerIds: practitionerIds.value,
    locationIds: locationIds.value && new Set(locationIds.value),
    from: Math.max(from.value, now, resumed, (days.value?.from ?? -Infinity) * DAY - WIDEST_OFFSET_MS),
    to: Math.min(to.value, now + horizonMs, ((days.value?.to ?? Infinity) + 1) * DAY + WIDEST_OFFSET_MS),
    weekdays: weekdays ? new Set(weekdays) : null,
    minutes: filter.timeOfDay ? { from: earliest.value, to: latest.value } : null,
    days: days.value,
    length: length.value,
    earliestPerPractitioner,
    after: after.value,
    limit,
  });
}
