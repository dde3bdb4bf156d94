import { instantToWall, rowHash, wallToInstant, type ClinicRecord, type ReadRows, type SkippedRow } from 'clinic-sync';

import type { Entry } from './diary.js';

/** A line that makes no sense is named, so that somebody can mend it. The others are read all the same. */
export function decode(entries: readonly Entry[], zone: string): ReadRows {
  const records: ClinicRecord[] = [];
  const skipped: SkippedRow[] = [];
  for (const { id, doctor, room, from, to } of entries) {
    const skip = (field: string, rule: string) => skipped.push({ key: { stream: 'busy', id }, field, rule });
    const [start, end] = [readTime(from, zone), readTime(to, zone)];
    if (doctor === null) skip('practitioner', 'names nobody');
    else if (start === undefined || end === undefined || end < start) skip('start', 'is no stretch of time');
    else {
      const row = { id, practitionerIds: [doctor], locationId: room, start, end, zone, slotMs: null } as const;
      // Of the columns as they are stored, so that any edit shows.
      records.push({ row: { kind: 'appointment', ...row }, hash: rowHash([id, doctor, room, from, to]) });
    }
  }
  return { records, skipped };
}

/** From the clinic's wall to an instant: the only place where the zone matters. */
export function readTime(text: string, zone: string): number | undefined {
  const wall = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(wall) ? undefined : wallToInstant(wall, zone);
}

export function writeTime(instant: number, zone: string): string {
  return new Date(instantToWall(instant, zone)).toISOString().slice(0, 16).replace('T', ' ');
}
