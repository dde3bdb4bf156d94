/** What requests say, made into what the library takes. It checks the values itself, and names the field at fault. */
import type { AvailabilityFilter, BookingDetails, SlotInput } from 'clinic-sync';
import { ClinicSyncError } from 'clinic-sync';
import type { Context } from 'hono';
import { err, ok, type Result } from 'neverthrow';

type Invalid = ClinicSyncError<'InvalidArgument'>;

function invalid(field: string, rule: string): Invalid {
  return new ClinicSyncError('InvalidArgument', `${field} ${rule}`, { field });
}

/** `?practitioner=1&practitioner=2&date=2026-11-25&weekday=1&fromTime=09:00&toTime=12:00&minutes=15&limit=20&after=…` */
export function filterOf(c: Context): AvailabilityFilter {
  const one = (name: string) => c.req.query(name);
  const all = (name: string) => c.req.queries(name);
  const practitionerIds = all('practitioner');
  const locationIds = all('location');
  const [from, to, date, type, after] = ['from', 'to', 'date', 'type', 'after'].map(one);
  const [fromDate, toDate] = [one('fromDate') ?? date, one('toDate') ?? date];
  const [fromTime, toTime] = [one('fromTime'), one('toTime')];
  const weekdays = all('weekday');
  const minutes = one('minutes');
  const limit = one('limit');
  return {
    ...(practitionerIds && { practitionerIds }),
    ...(locationIds && { locationIds }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...((fromDate ?? toDate) !== undefined && {
      dates: { ...(fromDate !== undefined && { from: fromDate }), ...(toDate !== undefined && { to: toDate }) },
    }),
    ...(weekdays && { weekdays: weekdays.map(Number) }),
    ...((fromTime ?? toTime) !== undefined && {
      timeOfDay: { ...(fromTime !== undefined && { from: fromTime }), ...(toTime !== undefined && { to: toTime }) },
    }),
    ...(type !== undefined && { type }),
    ...(minutes !== undefined && { lengthMinutes: Number(minutes) }),
    ...(one('earliest') === 'true' && { earliestPerPractitioner: true }),
    ...(limit !== undefined && { limit: Number(limit) }),
    ...(after !== undefined && { after }),
  };
}

/** `/slots/:practitioner/:start/:end`, the times in ISO 8601. */
export function slotOf(c: Context): SlotInput {
  const part = (name: string) => c.req.param(name) ?? '';
  return { practitionerId: part('practitioner'), start: part('start'), end: part('end') };
}

export function keyOf(c: Context): Result<string, Invalid> {
  const key = c.req.header('Idempotency-Key');
  return key ? ok(key) : err(invalid('Idempotency-Key', 'must be sent as a header of 1 to 200 characters'));
}

export interface SlotBody {
  readonly slot: SlotInput;
  readonly details?: BookingDetails;
  readonly ttlMs?: number;
}

/** `{ slot: { practitionerId, start, end }, details?: { patient?, type?, reason? }, ttlMs? }` */
export async function bodyOf(c: Context): Promise<Result<SlotBody, Invalid>> {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (!isObject(body)) return err(invalid('body', 'must be a JSON object'));
  const { slot, details, ttlMs } = body;
  if (!isObject(slot)) return err(invalid('slot', 'must be an object of practitionerId, start and end'));
  const { practitionerId, start, end } = slot;
  if (typeof practitionerId !== 'string') return err(invalid('slot.practitionerId', 'must be a text'));
  if (typeof start !== 'string') return err(invalid('slot.start', 'must be an ISO 8601 text with an offset or Z'));
  if (typeof end !== 'string') return err(invalid('slot.end', 'must be an ISO 8601 text with an offset or Z'));
  if (details !== undefined && !isObject(details)) return err(invalid('details', 'must be an object'));
  if (ttlMs !== undefined && typeof ttlMs !== 'number') return err(invalid('ttlMs', 'must be a number'));
  return ok({
    slot: { practitionerId, start, end },
    ...(details && { details }),
    ...(ttlMs !== undefined && { ttlMs }),
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
