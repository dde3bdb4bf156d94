import { randomUUID } from 'node:crypto';

import { sql, type RawBuilder } from 'kysely';
import { err, ok, type Result } from 'neverthrow';

import type { BookingDetails } from '../../domain/booking.js';
import { fault, type ErrorOf } from '../../domain/errors.js';
import type { BookOrder, PlacedSlot } from '../writer.js';
import type { CatalogColumn, Scalar, SqlEngine } from './engine.js';
import type { ResolvedBooking } from './resolve.js';
import { column, type Source } from './source.js';

/** Where and how bookings are written: the mapping's `booking`, found in the clinic's database. */
export interface BookingTarget {
  readonly source: Source;
  readonly hasTokens: boolean;
  readonly details: readonly (keyof BookingDetails)[];
  /** What the columns' types cannot hold. */
  check(slot: PlacedSlot, details: BookingDetails): Result<void, ErrorOf<'InvalidArgument'>>;
  /** The columns of a new row, and what goes into each; for an order that was checked. */
  row(order: Pick<BookOrder, 'slot' | 'details' | 'token'>): readonly Cell[];
  /** "The row carries this token"; never without a column for tokens. */
  carries(token: string): RawBuilder<boolean>;
}

export interface Cell {
  readonly column: string;
  readonly value: RawBuilder<unknown>;
}

interface Entry {
  /** The argument that the value comes from. */
  readonly field: string;
  readonly column: CatalogColumn;
  readonly value: Scalar;
}

const MAX_TOKEN = 22;
const AT = 'schema.appointments';

export function bookingTarget(
  source: Source,
  booking: ResolvedBooking,
  engine: SqlEngine,
  find: (path: string, name: string) => CatalogColumn,
): BookingTarget {
  const { mapping } = source;
  const practitioner = find(`${AT}.practitioner`, mapping.practitioners[0] ?? '');
  const location = mapping.location === null ? null : find(`${AT}.location`, mapping.location);
  const [start, end] = [find(`${AT}.start`, mapping.start), find(`${AT}.end`, mapping.end)];
  const id = find(`${AT}.id`, mapping.id);
  const token = booking.token === null ? null : find(`${AT}.booking.token`, booking.token);
  if (token?.maxLength !== undefined && token.maxLength < MAX_TOKEN) {
    const field = `${AT}.booking.token`;
    throw fault('SchemaMismatch', `The column of ${field} must hold ${String(MAX_TOKEN)} characters.`, { field });
  }
  const details = [...booking.details].map(([name, at]) => [name, find(`${AT}.booking.${name}`, at)] as const);
  const fixed = booking.values.map(([name, value]): Entry => {
    const field = `${AT}.booking.values.${name}`;
    const entry = { field, column: find(field, name), value };
    const rule = engine.unfit(entry.column, value);
    if (rule !== undefined) throw fault('SchemaMismatch', `The value of ${field} ${rule}.`, { field });
    return entry;
  });
  const mapped = [practitioner, location, start, end, token, ...details.map(([, real]) => real)];
  for (const { field, column: taken } of fixed) {
    if (taken === id || mapped.includes(taken))
      throw fault('SchemaMismatch', `The column of ${field} is written already.`, { field });
  }

  const entries = (slot: PlacedSlot, given: BookingDetails): Entry[] => [
    { field: 'slot.practitionerId', column: practitioner, value: slot.practitionerId },
    ...(location && slot.locationId !== null
      ? [{ field: 'slot.locationId', column: location, value: slot.locationId }]
      : []),
    ...details.flatMap(([name, real]) => {
      const value = given[name];
      return value === undefined ? [] : [{ field: `details.${name}`, column: real, value }];
    }),
    ...fixed,
  ];

  return {
    source,
    hasTokens: token !== null,
    details: details.map(([name]) => name),
    check: (slot, given) => {
      for (const [field, time, instant] of [
        ['slot.start', source.start, slot.start],
        ['slot.end', source.end, slot.end],
      ] as const) {
        if (time.written(instant) === undefined) {
          const rule = "cannot be written as the clinic's database keeps times: it would be read back as another";
          return err(fault('InvalidArgument', `${field} ${rule}.`, { field }));
        }
      }
      for (const { field, column: real, value } of entries(slot, given)) {
        const rule = engine.unfit(real, value);
        if (rule !== undefined) return err(fault('InvalidArgument', `${field} ${rule}.`, { field }));
      }
      return ok();
    },
    row: ({ slot, details: given, token: mark }) => {
      const cell = ({ name, type }: CatalogColumn, value: Scalar): Cell => ({
        column: name,
        value: engine.value(value, type),
      });
      return [
        ...(booking.ids === 'uuid' ? [cell(id, randomUUID())] : []),
        cell(start, source.start.written(slot.start) ?? null),
        cell(end, source.end.written(slot.end) ?? null),
        ...(token ? [cell(token, mark)] : []),
        ...entries(slot, given).map((entry) => cell(entry.column, entry.value)),
      ];
    },
    carries: (mark) => {
      if (!token) return sql<boolean>`1 = 0`;
      const reference = column(token.name);
      // The bare column for an index, if there is one; as text, because a database can take two tokens for equal.
      const bare = sql`${reference} = ${engine.value(mark, token.type)}`;
      return sql<boolean>`(${bare} and ${engine.text(reference, token.type)} = ${mark})`;
    },
  };
}
