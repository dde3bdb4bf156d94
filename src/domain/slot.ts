import type { ResolvedFilter } from './filter.js';
import type { Instant } from './instant.js';
import { MINUTE } from './instant.js';
import type { ClinicRow } from './row.js';
import { wallParts } from './zone.js';

/** A bookable interval of one practitioner, cut from a session. */
export interface Slot {
  readonly practitionerId: string;
  readonly locationId: string | null;
  readonly start: Instant;
  readonly end: Instant;
  /** The IANA zone of the place. */
  readonly zone: string;
  readonly sessionId: string;
}

/** Names a slot: whose, and when. */
export interface SlotRef {
  readonly practitionerId: string;
  readonly start: Instant;
  readonly end: Instant;
}

/** How long a slot is where the session does not say. */
export const DEFAULT_SLOT_MS = 15 * MINUTE;

/** The slots of a session for each of its practitioners, from its start on; a rest shorter than a slot is not offered. */
export function cutSession(session: ClinicRow, from: Instant, to: Instant): Slot[] {
  const length = session.slotMs ?? DEFAULT_SLOT_MS;
  const slots: Slot[] = [];
  const first = Math.max(0, Math.ceil((from - session.start) / length));
  for (let start = session.start + first * length; start < to && start + length <= session.end; start += length) {
    for (const practitionerId of session.practitionerIds) {
      const { locationId, zone, id } = session;
      slots.push({ practitionerId, locationId, start, end: start + length, zone, sessionId: id });
    }
  }
  return slots;
}

/** A stretch in which these practitioners take no other appointment. */
export type BusyTime = Pick<ClinicRow, 'practitionerIds' | 'start' | 'end'>;

/** Finds out quickly whether a practitioner is busy at some time. */
export class BusyTimes {
  private readonly byPractitioner = new Map<string, { starts: number[]; latestEnds: number[] }>();

  constructor(busy: readonly BusyTime[]) {
    const rows = [...busy].sort((a, b) => a.start - b.start);
    for (const row of rows) {
      for (const id of row.practitionerIds) {
        let times = this.byPractitioner.get(id);
        if (!times) this.byPractitioner.set(id, (times = { starts: [], latestEnds: [] }));
        times.starts.push(row.start);
        // The latest end so far, so that a long row is seen from every later one.
        times.latestEnds.push(Math.max(row.end, times.latestEnds.at(-1) ?? row.end));
      }
    }
  }

  isBusy({ practitionerId, start, end }: SlotRef): boolean {
    const times = this.byPractitioner.get(practitionerId);
    if (!times) return false;
    let low = 0;
    let high = times.starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((times.starts[middle] ?? Infinity) < end) low = middle + 1;
      else high = middle;
    }
    return (times.latestEnds[low - 1] ?? Number.NEGATIVE_INFINITY) > start;
  }
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The free slots that a filter asks for, each once, in order; up to one more than its limit, so that a cut shows. */
export function freeSlots(sessions: readonly ClinicRow[], busy: readonly BusyTime[], filter: ResolvedFilter): Slot[] {
  const times = new BusyTimes(busy);
  const practitioners = filter.practitionerIds && new Set(filter.practitionerIds);
  const slots = sessions
    .filter(
      (session) => !filter.locationIds || (session.locationId !== null && filter.locationIds.has(session.locationId)),
    )
    .flatMap((session) => cutSession(session, filter.from, filter.to))
    .filter((slot) => !practitioners || practitioners.has(slot.practitionerId))
    .filter((slot) => isAsked(slot, filter) && !times.isBusy(slot))
    .sort(compareSlots);
  return slots.filter((slot, i) => !isSameSlot(slot, slots[i - 1])).slice(0, filter.limit + 1);
}

function isSameSlot(a: Slot, b: Slot | undefined): boolean {
  return b !== undefined && compareSlots(a, b) === 0;
}

function isAsked(slot: Slot, { weekdays, minutes }: ResolvedFilter): boolean {
  if (!weekdays && !minutes) return true;
  const { weekday, minuteOfDay } = wallParts(slot.start, slot.zone);
  return (
    (!weekdays || weekdays.has(weekday)) && (!minutes || (minuteOfDay >= minutes.from && minuteOfDay < minutes.to))
  );
}
