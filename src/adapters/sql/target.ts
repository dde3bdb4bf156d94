import { randomUUID } from 'node:crypto';

import { sql, type RawBuilder } from 'kysely';
import { err, ok, type Result } from 'neverthrow';

import type { BookingDetails } from '../../domain/booking.js';
import { fault, type ErrorOf } from '../../domain/errors.js';
import { MINUTE, SECOND, type Instant } from '../../domain/instant.js';
import { instantToWall } from '../../domain/zone.js';
import type { BookOrder, PlacedSlot } from '../writer.js';
import type { ColumnFinder } from './check.js';
import type { CatalogColumn, Scalar, SqlEngine } from './engine.js';
import { anyOf } from './logic.js';
import type { DerivedValue } from './schema/booking.js';
import type { ResolvedSchema } from './schema/resolve.js';
import type { ResolvedBooking, ResolvedProcedure } from './schema/resolve-booking.js';
import { column, type Source } from './source.js';
import type { Written } from './time/moment.js';
import { fullWall } from './time/texts.js';

type Order = Pick<BookOrder, 'slot' | 'details' | 'token'>;

/** Where and how bookings are written: the mapping's `booking`, found in the clinic's database. */
export interface BookingTarget {
  /** The appointments: one source for each zone. */
  readonly sources: readonly Source[];
  /** The one in whose zone a slot lies. */
  sourceOf(slot: Pick<PlacedSlot, 'locationId'>): Source;
  /** "The row counts", in whatever zone; `null`: all do. */
  readonly counts: RawBuilder<boolean> | null;
  readonly hasTokens: boolean;
  readonly details: readonly (keyof BookingDetails)[];
  /** What the columns' types cannot hold. */
  check(slot: PlacedSlot, details: BookingDetails): Result<void, ErrorOf<'InvalidArgument'>>;
  /** The columns of a new row, and what goes into each; for an order that was checked. */
  row(order: Order): readonly Cell[];
  /** "The row carries this token"; never without a column for tokens. */
  carries(token: string): RawBuilder<boolean>;
  /** The procedure that books, and what it is called with; `null`: rows are inserted. */
  readonly procedure: {
    readonly path: readonly string[];
    arguments(order: Order): readonly RawBuilder<unknown>[];
  } | null;
  readonly removal: Removal;
}

/** How a row goes: deleted, set to values after which it does not count any more, or by a procedure. */
export type Removal =
  | { readonly kind: 'delete' }
  | { readonly kind: 'set'; readonly cells: readonly Cell[] }
  | {
      readonly kind: 'procedure';
      readonly path: readonly string[];
      arguments(id: string): readonly RawBuilder<unknown>[];
    };

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
  sources: readonly Source[],
  schema: ResolvedSchema,
  booking: ResolvedBooking,
  engine: SqlEngine,
  { find }: ColumnFinder,
): BookingTarget {
  const [main] = sources;
  if (!main) throw new TypeError('A target has a source.');
  const { mapping } = main;
  const practitioner = find(`${AT}.practitioner`, mapping.practitioners[0] ?? '');
  const location = mapping.location === null ? null : find(`${AT}.location`, mapping.location);
  const ids = mapping.ids.map((name) => find(`${AT}.id`, name));
  const token = booking.token === null ? null : find(`${AT}.booking.token`, booking.token);
  if (token?.maxLength !== undefined && token.maxLength < MAX_TOKEN) {
    const field = `${AT}.booking.token`;
    throw fault('SchemaMismatch', `The column of ${field} must hold ${String(MAX_TOKEN)} characters.`, { field });
  }
  if (booking.ids === 'uuid' && ids.length > 1) {
    const field = `${AT}.booking.ids`;
    throw fault('SchemaMismatch', `${field} must be 'database' where the key has several columns.`, { field });
  }
  const details = [...booking.details].map(([name, at]) => [name, find(`${AT}.booking.${name}`, at)] as const);
  const fixedAt = (at: string, values: ResolvedBooking['values']) =>
    values.map(([name, value]): Entry => {
      const field = `${at}.${name}`;
      const entry = { field, column: find(field, name), value };
      const rule = engine.unfit(entry.column, value);
      if (rule !== undefined) throw fault('SchemaMismatch', `The value of ${field} ${rule}.`, { field });
      return entry;
    });
  const fixed = fixedAt(`${AT}.booking.values`, booking.values);
  const derived = booking.derived.map(([name, value]) => [find(`${AT}.booking.derived.${name}`, name), value] as const);
  const times = [...main.start.columns, ...main.end.columns].map((name) => find(AT, name));
  const mapped = [
    practitioner,
    location,
    ...times,
    token,
    ...details.map(([, real]) => real),
    ...derived.map(([real]) => real),
  ];
  for (const { field, column: taken } of fixed) {
    if (ids.includes(taken) || mapped.includes(taken))
      throw fault('SchemaMismatch', `The column of ${field} is written already.`, { field });
  }
  const sourceOf = ({ locationId }: Pick<PlacedSlot, 'locationId'>) => {
    const [zone] =
      [...schema.zones].find(([, locations]) => locationId !== null && locations.includes(locationId)) ?? [];
    return sources.find((source) => source.zone === zone) ?? main;
  };

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
  const cell = ({ name, type }: CatalogColumn, value: Scalar): Cell => ({
    column: name,
    value: engine.value(value, type),
  });
  const timed = ({ column: name, value }: Written) => cell(find(AT, name), value);

  return {
    sources,
    sourceOf,
    counts: main.counts && anyOf(sources.flatMap(({ counts }) => (counts ? [counts] : []))),
    hasTokens: token !== null || booking.procedure?.arguments.includes('token') === true,
    details: booking.procedure
      ? (['patient', 'type', 'reason'] as const).filter((name) => booking.procedure?.arguments.includes(name))
      : details.map(([name]) => name),
    check: (slot, given) => {
      const { start, end } = sourceOf(slot);
      for (const [field, written] of [
        ['slot.start', start.written(slot.start)],
        ['slot.end', end.written(slot.start, slot.end)],
      ] as const) {
        if (written === undefined) {
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
      const { start, end } = sourceOf(slot);
      const [id] = ids;
      return [
        ...(booking.ids === 'uuid' && id ? [cell(id, randomUUID())] : []),
        ...(start.written(slot.start) ?? []).map(timed),
        ...(end.written(slot.start, slot.end) ?? []).map(timed),
        ...(token ? [cell(token, mark)] : []),
        ...derived.map(([real, value]) => cell(real, derivedValue(value, slot, sourceOf(slot).zone))),
        ...entries(slot, given).map((entry) => cell(entry.column, entry.value)),
      ];
    },
    carries: (mark) => {
      if (!token) return sql<boolean>`1 = 0`;
      const reference = column(token.name);
      // The bare column for an index, if there is one; as text, because a database can take two tokens for equal.
      const bare = sql`${reference} = ${engine.value(mark, token.type)}`;
      return sql<boolean>`(${bare} and ${engine.exactly(engine.text(reference, token.type))} = ${mark})`;
    },
    procedure: booking.procedure && {
      path: booking.procedure.path,
      arguments: argumentsOf(booking.procedure, sourceOf),
    },
    removal: bindRemoval(schema, (values) =>
      fixedAt(`${AT}.removal.set`, values).map((each) => cell(each.column, each.value)),
    ),
  };
}

function derivedValue(value: DerivedValue, { start, end }: PlacedSlot, zone: string): string | number {
  const wall = (instant: Instant) => fullWall(instantToWall(instant, zone), ' ');
  switch (value) {
    case 'seconds':
      return Math.round((end - start) / SECOND);
    case 'minutes':
      return Math.round((end - start) / MINUTE);
    case 'startDate':
      return wall(start).slice(0, 10);
    case 'startTime':
      return wall(start).slice(11, 19);
    case 'endDate':
      return wall(end).slice(0, 10);
    case 'endTime':
      return wall(end).slice(11, 19);
    case 'now':
      return wall(Date.now()).slice(0, 19);
  }
}

function argumentsOf(
  procedure: ResolvedProcedure<string>,
  sourceOf: BookingTarget['sourceOf'],
): (order: Order) => readonly RawBuilder<unknown>[] {
  return ({ slot, details, token }) => {
    const { start, end } = sourceOf(slot);
    const [first, second] = start.written(slot.start) ?? [];
    const values: Readonly<Record<string, Scalar | undefined>> = {
      practitioner: slot.practitionerId,
      location: slot.locationId,
      start: first?.value,
      date: first?.value,
      clock: second?.value,
      end: end.written(slot.start, slot.end)?.at(-1)?.value,
      minutes: (slot.end - slot.start) / MINUTE,
      token,
      ...details,
    };
    return procedure.arguments.map(
      (argument) => sql`${(typeof argument === 'string' ? values[argument] : argument.value) ?? null}`,
    );
  };
}

function bindRemoval(
  { removal }: ResolvedSchema,
  cellsOf: (values: ResolvedBooking['values']) => readonly Cell[],
): Removal {
  if (removal === null) return { kind: 'delete' };
  if (removal.kind === 'set') return { kind: 'set', cells: cellsOf(removal.values) };
  return {
    kind: 'procedure',
    path: removal.path,
    arguments: (id) => removal.arguments.map((argument) => sql`${argument === 'id' ? id : argument.value}`),
  };
}
