import { err, ok, type Result } from 'neverthrow';

import { fault, type ErrorOf, type MirrorErrorCode } from '../domain/errors.js';
import { isRowEvent, type ClinicEvent } from '../domain/events.js';
import type { ResolvedFilter } from '../domain/filter.js';
import type { Instant } from '../domain/instant.js';
import { concernsPractitioner, EVERYONE, overlaps, type ClinicRow, type Stream } from '../domain/row.js';
import { BusyTimes, type BusyTime } from '../domain/busy-times.js';
import { compareSlots, offeredBy, type OfferedSlot, type Slot, type SlotRef } from '../domain/slot.js';
import type { SlotLengths } from '../domain/slot-lengths.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import type { FreeTimes } from './free-times.js';

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
  times: FreeTimes,
  filter: ResolvedFilter,
  promised: readonly BusyTime[],
): Promise<Result<Slot[], ReadError>> {
  const known = await times.known();
  if (known.isErr()) return err(known.error);
  const stranger = filter.practitionerIds?.some((id) => !known.value.has(id)) === true;
  if (stranger) return err(unknownPractitioner('filter.practitionerIds'));
  return times.find(filter, promised);
}

/** What one slot is, and the places that offer it; a free one is the first of those that are free. */
export interface FoundSlot {
  readonly state: SlotState;
  readonly offered: OfferedSlot | null;
}

/** What one slot is by the copy and what is promised beside it. */
export async function findSlot(
  mirror: ClinicMirror,
  slot: SlotRef,
  now: Instant,
  promised: readonly BusyTime[],
  lengths: SlotLengths,
): Promise<Result<FoundSlot, ReadError>> {
  const practitioner = [slot.practitionerId];
  const known = await checkPractitioners(mirror, practitioner, 'slot.practitionerId');
  if (known.isErr()) return err(known.error);
  if (slot.start < now) return ok({ state: 'past', offered: null });
  const span = { from: slot.start, to: slot.end };
  const sessions = await rowsAround(mirror, 'session', span, practitioner);
  if (sessions.isErr()) return err(sessions.error);
  const offers = sessions.value.flatMap((session) => offeredBy(session, lengths, slot) ?? []).sort(compareSlots);
  if (offers.length === 0) return ok({ state: 'not-offered', offered: null });
  const busy = await rowsAround(mirror, 'busy', span, practitioner);
  return busy.map((rows) => {
    const times = new BusyTimes([...rows, ...promised]);
    const free = offers.find((offer) => !times.isBusy(offer, offer.capacity));
    return free ? { state: 'available', offered: free } : { state: 'taken', offered: offers[0] ?? null };
  });
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
    (practitionerIds === null || practitionerIds.some((id) => concernsPractitioner(row, id)))
  );
}

async function rowsAround(
  mirror: ClinicMirror,
  stream: Stream,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  practitionerIds: readonly string[] | null,
): Promise<Result<ClinicRow[], ReadError>> {
  const rows = await askMirror(() =>
    mirror.rows({
      stream,
      startsBefore: to,
      endsAfter: from,
      ...(practitionerIds && { practitionerIds: [...practitionerIds, EVERYONE] }),
    }),
  );
  return rows.map((stored) => stored.map(({ row }) => row));
}

async function checkPractitioners(
  mirror: ClinicMirror,
  practitionerIds: readonly string[] | null,
  field: string,
): Promise<Result<void, ReadError>> {
  if (!practitionerIds) return ok();
  const named = await askMirror(() => mirror.practitioners());
  if (named.isErr()) return err(named.error);
  const known = new Set(named.value);
  return practitionerIds.every((id) => id !== EVERYONE && known.has(id)) ? ok() : err(unknownPractitioner(field));
}

function unknownPractitioner(field: string): ErrorOf<'UnknownPractitioner'> {
  return fault('UnknownPractitioner', `${field} names a practitioner whom no row of the clinic names.`, { field });
}
