import { err, ok, type Result } from 'neverthrow';

import { fault, type ErrorOf, type MirrorErrorCode } from '../domain/errors.js';
import { isRowEvent, type ClinicEvent } from '../domain/events.js';
import type { ResolvedFilter } from '../domain/filter.js';
import type { Instant } from '../domain/instant.js';
import { overlaps, type ClinicRow, type Stream } from '../domain/row.js';
import { BusyTimes, cutSession, freeSlots, type BusyTime, type Slot, type SlotRef } from '../domain/slot.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';

export type SlotState =
  /** Offered and free. */
  | 'available'
  /** Offered, and an appointment, a blockout, or another online patient takes it. */
  | 'taken'
  /** No session offers exactly this slot now. */
  | 'not-offered'
  | 'past';

type ReadError = ErrorOf<MirrorErrorCode | 'UnknownPractitioner'>;

/** The free slots by the copy and what is promised beside it, up to one more than the limit. */
export async function findSlots(
  mirror: ClinicMirror,
  filter: ResolvedFilter,
  promised: readonly BusyTime[],
): Promise<Result<Slot[], ReadError>> {
  const known = await checkPractitioners(mirror, filter.practitionerIds, 'filter.practitionerIds');
  if (known.isErr()) return err(known.error);
  if (filter.to <= filter.from) return ok([]);
  const sessions = await rowsAround(mirror, 'session', filter, filter.practitionerIds);
  if (sessions.isErr()) return err(sessions.error);
  const busy = await rowsAround(mirror, 'busy', filter, filter.practitionerIds);
  if (busy.isErr()) return err(busy.error);
  return ok(freeSlots(sessions.value, [...busy.value, ...promised], filter));
}

/** What one slot is by the copy and what is promised beside it. */
export async function slotState(
  mirror: ClinicMirror,
  slot: SlotRef,
  now: Instant,
  promised: readonly BusyTime[],
): Promise<Result<SlotState, ReadError>> {
  const practitioner = [slot.practitionerId];
  const known = await checkPractitioners(mirror, practitioner, 'slot.practitionerId');
  if (known.isErr()) return err(known.error);
  if (slot.start < now) return ok('past');
  const span = { from: slot.start, to: slot.end };
  const sessions = await rowsAround(mirror, 'session', span, practitioner);
  if (sessions.isErr()) return err(sessions.error);
  const isOffered = sessions.value.some((session) =>
    cutSession(session, slot.start, slot.end).some(
      (cut) => cut.start === slot.start && cut.end === slot.end && cut.practitionerId === slot.practitionerId,
    ),
  );
  if (!isOffered) return ok('not-offered');
  const busy = await rowsAround(mirror, 'busy', span, practitioner);
  return busy.map((rows) => (new BusyTimes([...rows, ...promised]).isBusy(slot) ? 'taken' : 'available'));
}

/** Whether an event can change what is free for these practitioners within a span. */
export function concerns(
  event: ClinicEvent,
  span: { readonly from: Instant; readonly to: Instant },
  practitionerIds: readonly string[] | null,
): boolean {
  if (event.type === 'snapshot.replaced') return true;
  if (!isRowEvent(event)) return false;
  const { row } = event;
  return (
    overlaps(row, { start: span.from, end: span.to }) &&
    (practitionerIds === null || row.practitionerIds.some((id) => practitionerIds.includes(id)))
  );
}

async function rowsAround(
  mirror: ClinicMirror,
  stream: Stream,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  practitionerIds: readonly string[] | null,
): Promise<Result<ClinicRow[], ReadError>> {
  const rows = await askMirror(() =>
    mirror.rows({ stream, startsBefore: to, endsAfter: from, ...(practitionerIds && { practitionerIds }) }),
  );
  return rows.map((stored) => stored.map(({ row }) => row));
}

async function checkPractitioners(
  mirror: ClinicMirror,
  practitionerIds: readonly string[] | null,
  field: string,
): Promise<Result<void, ReadError>> {
  if (!practitionerIds) return ok();
  const known = await askMirror(() => mirror.practitioners());
  if (known.isErr()) return err(known.error);
  const everyone = new Set(known.value);
  return practitionerIds.every((id) => everyone.has(id))
    ? ok()
    : err(fault('UnknownPractitioner', `${field} names a practitioner whom no row of the clinic names.`, { field }));
}
