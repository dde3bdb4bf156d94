import type { Instant } from './instant.js';
import type { ClinicRow } from './row.js';
import type { AskedLength, SlotLengths } from './slot-lengths.js';

/** Names a slot: whose, and when. */
export interface SlotRef {
  readonly practitionerId: string;
  readonly start: Instant;
  readonly end: Instant;
}

/** A bookable interval of one practitioner, cut from a session. */
export interface Slot extends SlotRef {
  readonly locationId: string | null;
  /** The IANA zone of the place. */
  readonly zone: string;
  readonly sessionId: string;
}

/** A slot, and how many appointments may overlap in its session. */
export type OfferedSlot = Slot & { readonly capacity: number };

/** What is cut from a session: starts in the span, of these practitioners (`null`: all of the session's), of a length. */
export interface Cut {
  readonly from: Instant;
  readonly to: Instant;
  readonly practitionerIds: ReadonlySet<string> | null;
  readonly length: AskedLength;
}

/** The slots of a session, from its start on; a rest shorter than a slot is not offered. */
export function cutSession(session: ClinicRow, lengths: SlotLengths, cut: Cut): OfferedSlot[] {
  const { from, to, practitionerIds, length: asked } = cut;
  const { locationId, zone, id: sessionId, capacity = 1 } = session;
  const slots: OfferedSlot[] = [];
  for (const practitionerId of session.practitionerIds) {
    if (practitionerIds && !practitionerIds.has(practitionerId)) continue;
    const step = lengths.stepOf(session, practitionerId);
    const length = lengths.lengthOf(asked, step, { practitionerId, locationId });
    if (length === null) continue;
    const first = Math.max(0, Math.ceil((from - session.start) / step));
    for (let start = session.start + first * step; start < to && start + length <= session.end; start += step) {
      slots.push({ practitionerId, locationId, start, end: start + length, zone, sessionId, capacity });
    }
  }
  return slots;
}

/** The slot that a session offers under this name; `undefined`: it offers no such one. */
export function offeredBy(session: ClinicRow, lengths: SlotLengths, slot: SlotRef): OfferedSlot | undefined {
  const { start, end, practitionerId } = slot;
  const [offered] = cutSession(session, lengths, {
    from: start,
    to: start + 1,
    practitionerIds: new Set([practitionerId]),
    length: { ms: end - start },
  });
  return offered;
}

/** In order of time, then practitioner, then place. */
export function compareSlots(a: Slot, b: Slot): number {
  return (
    a.start - b.start ||
    a.end - b.end ||
    compare(a.practitionerId, b.practitionerId) ||
    compare(a.locationId ?? '', b.locationId ?? '')
  );
}

export function isSameSlot(a: Slot, b: Slot | undefined): boolean {
  return b !== undefined && compareSlots(a, b) === 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
