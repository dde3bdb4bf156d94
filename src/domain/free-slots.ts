import { BusyTimes, type BusyTime } from './busy-times.js';
import type { ResolvedFilter } from './filter.js';
import type { ClinicRow } from './row.js';
import { compareSlots, cutSession, isSameSlot, type Cut, type OfferedSlot, type Slot } from './slot.js';
import { isAfterPage } from './slot-page.js';
import type { SlotLengths } from './slot-lengths.js';
import { wallParts } from './zone.js';

/** The slots that sessions offer, free or not; in no order. */
export function offeredOf(sessions: readonly ClinicRow[], cut: Cut, lengths: SlotLengths): OfferedSlot[] {
  return sessions.flatMap((session) => cutSession(session, lengths, cut));
}

/** Those that are free, in order, each as often as it is offered. */
export function freeOf(offered: readonly OfferedSlot[], busy: readonly BusyTime[]): Slot[] {
  const times = new BusyTimes(busy);
  return offered
    .filter((slot) => !times.isBusy(slot, slot.capacity))
    .map(toSlot)
    .sort(compareSlots);
}

function toSlot({ practitionerId, locationId, start, end, zone, sessionId }: OfferedSlot): Slot {
  return { practitionerId, locationId, start, end, zone, sessionId };
}

/** Takes free slots in their order, and keeps what a filter asks for: each once, and up to one more than its limit, so that a cut shows. */
export class Asked {
  readonly slots: Slot[] = [];
  private readonly seen = new Set<string>();
  private last: Slot | undefined;
  private readonly isAfter: (slot: Slot) => boolean;

  constructor(private readonly filter: ResolvedFilter) {
    this.isAfter = filter.after === null ? () => true : isAfterPage(filter.after);
  }

  /** Nothing that comes later is asked for. */
  get isFull(): boolean {
    const { practitionerIds, earliestPerPractitioner, limit } = this.filter;
    if (this.slots.length > limit) return true;
    return earliestPerPractitioner && practitionerIds !== null && this.seen.size === new Set(practitionerIds).size;
  }

  /** Each not before any that was taken before. */
  take(slots: readonly Slot[]): this {
    for (const slot of slots) {
      if (this.isFull) break;
      if (!isAsked(slot, this.filter) || isSameSlot(slot, this.last)) continue;
      this.last = slot;
      if (this.filter.earliestPerPractitioner) {
        if (this.seen.has(slot.practitionerId)) continue;
        this.seen.add(slot.practitionerId);
      }
      if (this.isAfter(slot)) this.slots.push(slot);
    }
    return this;
  }
}

function isAsked(slot: Slot, { from, to, locationIds, weekdays, minutes, days }: ResolvedFilter): boolean {
  if (slot.start < from || slot.start >= to) return false;
  if (locationIds && (slot.locationId === null || !locationIds.has(slot.locationId))) return false;
  if (!weekdays && !minutes && !days) return true;
  const { weekday, minuteOfDay, day } = wallParts(slot.start, slot.zone);
  return (
    (!weekdays || weekdays.has(weekday)) &&
    (!minutes || (minuteOfDay >= minutes.from && minuteOfDay < minutes.to)) &&
    (!days || (day >= days.from && day <= days.to))
  );
}
