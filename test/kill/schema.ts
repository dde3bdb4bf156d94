import { Temporal } from 'temporal-polyfill';

import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { keyText, type ClinicRow } from '../../src/domain/row.js';
import { identityOf } from '../simulation/history.js';

export const ZONE = 'Australia/Melbourne';

/** The clinic's table, as its own software made it. */
export const SCHEMA: ClinicSchema = {
  zone: ZONE,
  appointments: {
    table: 'appt',
    id: 'id',
    practitioner: ['doctor', 'nurse'],
    location: 'room',
    start: 'starts',
    end: 'ends',
    time: 'wall',
    none: ['0'],
  },
};

/** What a row says beside its id. Times are the clock on the clinic's wall, `YYYY-MM-DD HH:MM:SS`. */
export interface RowValues {
  readonly doctor: string;
  readonly nurse: string;
  readonly room: string;
  readonly starts: string;
  readonly ends: string;
}

/** A row as plain SQL reads it. */
export interface RawRow extends RowValues {
  readonly id: number;
}

const instants = new Map<string, number>();

function instantOf(wall: string): number {
  const known = instants.get(wall);
  if (known !== undefined) return known;
  const plain = Temporal.PlainDateTime.from(wall.replace(' ', 'T'));
  const instant = plain.toZonedDateTime(ZONE, { disambiguation: 'compatible' }).epochMilliseconds;
  instants.set(wall, instant);
  return instant;
}

/** The mapping once more, in the slowest and plainest way and with nothing of the library's. */
export function meaning(raw: RawRow): ClinicRow {
  const people = raw.nurse === '0' ? [raw.doctor] : [raw.doctor, raw.nurse];
  return {
    id: String(raw.id),
    kind: 'appointment',
    practitionerIds: [...new Set(people)].sort(),
    locationId: raw.room === '0' ? null : raw.room,
    start: instantOf(raw.starts),
    end: instantOf(raw.ends),
    zone: ZONE,
    slotMs: null,
  };
}

/** Key and identity of each row that ends in the future. Rows of today there are none, so the day's edge is in no one's way. */
export function truthOf(rows: readonly RawRow[]): Map<string, string> {
  const future = rows.map(meaning).filter(({ end }) => end > Date.now());
  return new Map(future.map((row) => [keyText('busy', row.id), identityOf(row)]));
}
