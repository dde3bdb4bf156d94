import type { Instant } from './instant.js';
import { EVERYONE, overlaps, type ClinicRow } from './row.js';
import type { SlotRef } from './slot.js';

/** A stretch in which these practitioners take no other appointment. */
export type BusyTime = Pick<ClinicRow, 'kind' | 'practitionerIds' | 'locationId' | 'start' | 'end'>;

interface Times<T> {
  readonly rows: T[];
  /** The latest end so far, so that a long row is seen from every later one. */
  readonly latestEnds: Instant[];
}

/** Whose slot, when, and where, as far as that is known. */
type Place = SlotRef & { readonly locationId?: string | null };

/** Finds out quickly whether a practitioner is busy at some time. */
export class BusyTimes<T extends BusyTime = BusyTime> {
  private readonly byPractitioner = new Map<string, Times<T>>();

  constructor(busy: readonly T[]) {
    const rows = [...busy].sort((a, b) => a.start - b.start);
    for (const row of rows) {
      for (const id of row.practitionerIds) {
        let times = this.byPractitioner.get(id);
        if (!times) this.byPractitioner.set(id, (times = { rows: [], latestEnds: [] }));
        times.rows.push(row);
        times.latestEnds.push(Math.max(row.end, times.latestEnds.at(-1) ?? row.end));
      }
    }
  }

  /** Whether a blockout, or so many appointments, take some of the slot. */
  isBusy(slot: Place, capacity = 1): boolean {
    let appointments = 0;
    for (const shelf of [slot.practitionerId, EVERYONE]) {
      const times = this.byPractitioner.get(shelf);
      if (!times) continue;
      for (let i = lastBefore(times.rows, slot.end); i >= 0 && (times.latestEnds[i] ?? 0) > slot.start; i--) {
        const row = times.rows[i];
        if (!row || !takes(row, slot)) continue;
        if (row.kind === 'blockout' || ++appointments >= capacity) return true;
      }
    }
    return false;
  }

  /** The rows that take some of a row's time, or whose time it takes; itself among them, if it is here. */
  collidingWith(row: BusyTime): T[] {
    const shelves = row.practitionerIds.includes(EVERYONE)
      ? this.byPractitioner.keys()
      : new Set([...row.practitionerIds, EVERYONE]);
    const found = new Set<T>();
    for (const shelf of shelves) {
      const times = this.byPractitioner.get(shelf);
      if (!times) continue;
      for (let i = lastBefore(times.rows, row.end); i >= 0 && (times.latestEnds[i] ?? 0) > row.start; i--) {
        const other = times.rows[i];
        if (other && collide(other, row)) found.add(other);
      }
    }
    return [...found];
  }
}

/** Whether two rows take the same person's time, everybody's included. */
export function collide(a: BusyTime, b: BusyTime): boolean {
  const each = (row: BusyTime, other: BusyTime) =>
    row.practitionerIds.some((practitionerId) => takes(other, { ...row, practitionerId }));
  return each(a, b) || each(b, a);
}

/** Whether a row takes some of a slot. A row that is everybody's at one place takes only slots of that place. */
export function takes(row: BusyTime, slot: Place): boolean {
  if (!overlaps(row, slot)) return false;
  if (row.practitionerIds.includes(slot.practitionerId)) return true;
  if (!row.practitionerIds.includes(EVERYONE)) return false;
  const { locationId = null } = slot;
  return row.locationId === null || locationId === null || row.locationId === locationId;
}

/** The last row that starts before an instant; -1 when there is none. */
function lastBefore(rows: readonly BusyTime[], end: Instant): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.start ?? Infinity) < end) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
