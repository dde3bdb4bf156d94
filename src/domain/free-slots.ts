import { BusyTimes, type BusyTime } from './busy-times.js';
import type { ResolvedFilter } from './filter.js';
import type { ClinicRow } from './row.js';
import { compareSlots, cutSession, isSameSlot, type OfferedSlot, type Slot } from './slot.js';
import { isAfterPage } from './slot-page.js';
import type { SlotLengths } from './slot-lengths.js';
import { wallParts } from './zone.js';

/** The free slots that a filter asks for, each once, in order; up to one more than its limit, so that a cut shows. */
export function freeSlots(
  sessions: readonly ClinicRow[],
  busy: readonly BusyTime[],
  filter: ResolvedFilter,
  lengths: SlotLengths,
): Slot[] {
  const times = new BusyTimes(busy);
  const { from, to, length } = filter;
  const practitionerIds = filter.practitionerIds && new Set(filter.practitionerIds);
  const offered = sessions
    .filter(({ locationId }) => !filter.locationIds || (locationId !== null && filter.locationIds.has(locationId)))
    .flatMap((session) => cutSession(session, lengths, { from, to, practitionerIds, length }))
    .filter((slot) => isAsked(slot, filter) && !times.isBusy(slot, slot.capacity))
    .sort(compareSlots);
  const each = offered.filter((slot, i) => !isSameSlot(slot, offered[i - 1]));
  const chosen = filter.earliestPerPractitioner ? earliest(each) : each;
  const page = filter.after === null ? chosen : chosen.filter(isAfterPage(filter.after));
  return page.slice(0, filter.limit + 1).map(({ capacity: _capacity, ...slot }) => slot);
}

function earliest(slots: readonly OfferedSlot[]): OfferedSlot[] {
  const seen = new Set<string>();
  return slots.filter(({ practitionerId }) => !seen.has(practitionerId) && seen.add(practitionerId));
}

function isAsked(slot: Slot, { weekdays, minutes, days }: ResolvedFilter): boolean {
  if (!weekdays && !minutes && !days) return true;
  const { weekday, minuteOfDay, day } = wallParts(slot.start, slot.zone);
  return (
    (!weekdays || weekdays.has(weekday)) &&
    (!minutes || (minuteOfDay >= minutes.from && minuteOfDay < minutes.to)) &&
    (!days || (day >= days.from && day <= days.to))
  );
}
