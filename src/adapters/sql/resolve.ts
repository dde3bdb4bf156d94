import { hash } from 'node:crypto';

import { fault } from '../../domain/errors.js';
import { DAY, MAX_INSTANT, MINUTE } from '../../domain/instant.js';
import type { RowKind } from '../../domain/row.js';
import { isZone } from '../../domain/zone.js';
import { DETAILS, type BookingDetails } from '../../domain/booking.js';
import type { BookingMapping, SessionMapping, SqlSchema, TableMapping, TimeForm } from './schema.js';

/** The name of a mapped table in the schema; part of each row's hash. */
export type SourceLabel = 'appointments' | 'blockouts' | 'sessions';

/** One table of the schema with every default filled in. */
export interface ResolvedTable {
  readonly label: SourceLabel;
  readonly kind: RowKind;
  /** One or two names. */
  readonly table: readonly string[];
  readonly id: string;
  readonly practitioners: readonly string[];
  readonly location: string | null;
  readonly start: string;
  readonly end: string;
  readonly time: TimeForm;
  readonly separator: ' ' | 'T';
  readonly none: readonly string[];
  readonly longestRowMs: number;
  /** A column, a fixed length in minutes, or none. */
  readonly slot: string | number | null;
}

/** How bookings are written, with every default filled in. */
export interface ResolvedBooking {
  readonly token: string | null;
  readonly details: ReadonlyMap<keyof BookingDetails, string>;
  readonly values: readonly (readonly [column: string, value: string | number | boolean | null])[];
  readonly ids: 'database' | 'uuid';
}

export interface ResolvedSchema {
  readonly zone: string;
  readonly tables: readonly ResolvedTable[];
  /** `null`: nothing may be written. */
  readonly booking: ResolvedBooking | null;
}

export const DEFAULT_LONGEST_ROW_MS: Readonly<Record<SourceLabel, number>> = {
  appointments: 31 * DAY,
  blockouts: 400 * DAY,
  sessions: 31 * DAY,
};

const KINDS: Readonly<Record<SourceLabel, RowKind>> = {
  appointments: 'appointment',
  blockouts: 'blockout',
  sessions: 'session',
};
const TIME_FORMS: Readonly<Record<TimeForm, true>> = {
  instant: true,
  wall: true,
  utc: true,
  'epoch-ms': true,
  'epoch-s': true,
};

/** Checks a schema and fills in its defaults. Throws `InvalidArgument`, naming the field, for one that cannot be meant. */
export function resolveSchema(schema: SqlSchema): ResolvedSchema {
  if (!isZone(schema.zone)) throw invalid('schema.zone', 'must be an IANA zone such as Australia/Melbourne');
  return {
    zone: schema.zone,
    tables: [
      resolveTable('appointments', schema.appointments),
      ...(schema.blockouts ? [resolveTable('blockouts', schema.blockouts)] : []),
      ...(schema.sessions ? [resolveTable('sessions', schema.sessions)] : []),
    ],
    booking: schema.appointments.booking ? resolveBooking(schema.appointments.booking) : null,
  };
}

/** Equal for schemas that read rows in the same way. The `1` counts the ways in which this code has read them. */
export function mappingIdOf({ zone, tables }: ResolvedSchema): string {
  return `sql1:${hash('sha256', JSON.stringify({ zone, tables })).slice(0, 16)}`;
}

/** Throws `InvalidArgument` for a schema that does not say how bookings are written. */
export function mustBook(schema: ResolvedSchema): void {
  if (!schema.booking)
    throw invalid('schema.appointments.booking', 'must be there for write; {} is enough to begin with');
}

function resolveTable(label: SourceLabel, mapping: TableMapping | SessionMapping): ResolvedTable {
  const at = (field: string) => `schema.${label}.${field}`;
  const name = (field: string, value: string | undefined) => checkName(at(field), value);
  const slotMinutes = 'slotMinutes' in mapping ? mapping.slotMinutes : undefined;
  if (typeof slotMinutes === 'number' && !isSlotMinutes(slotMinutes)) {
    throw invalid(at('slotMinutes'), 'must be a positive number of minutes');
  }
  const practitioners = asList(mapping.practitioner).map((column) => name('practitioner', column));
  if (practitioners.length === 0) throw invalid(at('practitioner'), 'must name at least one column');
  if (!Object.hasOwn(TIME_FORMS, mapping.time)) {
    throw invalid(at('time'), `must be one of ${Object.keys(TIME_FORMS).join(', ')}`);
  }
  const separator = mapping.separator ?? ' ';
  if (separator !== ' ' && separator !== 'T') throw invalid(at('separator'), "must be ' ' or 'T'");
  const longestRowMs = mapping.longestRowMs ?? DEFAULT_LONGEST_ROW_MS[label];
  if (!(longestRowMs >= 0 && longestRowMs < MAX_INSTANT)) throw invalid(at('longestRowMs'), 'must be a length in ms');
  return {
    label,
    kind: KINDS[label],
    table: asList(mapping.table).map((part) => name('table', part)),
    id: name('id', mapping.id),
    practitioners,
    location: mapping.location === undefined ? null : name('location', mapping.location),
    start: name('start', mapping.start),
    end: name('end', mapping.end),
    time: mapping.time,
    separator,
    none: [...new Set(mapping.none ?? [])].sort(),
    longestRowMs: Math.ceil(longestRowMs),
    slot: typeof slotMinutes === 'string' ? name('slotMinutes', slotMinutes) : (slotMinutes ?? null),
  };
}

function resolveBooking(mapping: BookingMapping): ResolvedBooking {
  const at = (field: string) => `schema.appointments.booking.${field}`;
  const details = DETAILS.flatMap((detail): [keyof BookingDetails, string][] => {
    const column = mapping[detail];
    return column === undefined ? [] : [[detail, checkName(at(detail), column)]];
  });
  const values = Object.entries(mapping.values ?? {});
  for (const [column, value] of values) {
    checkName(at('values'), column);
    const fits = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
    if (!fits) throw invalid(at(`values.${column}`), 'must be a text, a number, true, false or null');
  }
  const ids = mapping.ids ?? 'database';
  if (!['database', 'uuid'].includes(ids)) throw invalid(at('ids'), "must be 'database' or 'uuid'");
  return {
    token: mapping.token === undefined ? null : checkName(at('token'), mapping.token),
    details: new Map(details),
    values,
    ids,
  };
}

function checkName(field: string, value: string | undefined): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalid(field, 'must be a name');
  return value;
}

/** Whole milliseconds, and no longer than a day, which no practice exceeds. */
export function isSlotMinutes(minutes: number): boolean {
  return minutes > 0 && minutes * MINUTE <= DAY && Number.isInteger(minutes * MINUTE);
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function invalid(field: string, rule: string): Error {
  return fault('InvalidArgument', `${field} ${rule}.`, { field });
}
