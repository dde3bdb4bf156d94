import { DETAILS, type BookingDetails } from '../../../domain/booking.js';
import type { BookingArgument, BookingMapping, DerivedValue, FixedValue, RemovalMapping } from './booking.js';
import { checkKeys, checkName, checkObject, checkPath, invalid } from './names.js';

type Fixed = readonly (readonly [column: string, value: FixedValue])[];

export interface ResolvedProcedure<Argument> {
  /** One or two names. */
  readonly path: readonly string[];
  readonly arguments: readonly (Argument | { readonly value: FixedValue })[];
}

/** How bookings are written, with every default filled in. */
export interface ResolvedBooking {
  readonly token: string | null;
  readonly details: ReadonlyMap<keyof BookingDetails, string>;
  readonly values: Fixed;
  readonly derived: readonly (readonly [column: string, value: DerivedValue])[];
  readonly ids: 'database' | 'uuid';
  /** `null`: a row is inserted. */
  readonly procedure: ResolvedProcedure<Exclude<BookingArgument, object>> | null;
}

/** `null`: the row is deleted. */
export type ResolvedRemoval =
  null | { readonly kind: 'set'; readonly values: Fixed } | ({ readonly kind: 'procedure' } & ResolvedProcedure<'id'>);

const ARGUMENTS: readonly string[] = [
  'practitioner',
  'location',
  'start',
  'end',
  'date',
  'clock',
  'minutes',
  'token',
  ...DETAILS,
];
const DERIVED: readonly DerivedValue[] = ['seconds', 'minutes', 'startDate', 'startTime', 'endDate', 'endTime', 'now'];
const AT = 'schema.appointments';

export function resolveBooking(mapping: BookingMapping): ResolvedBooking {
  const at = (field: string) => `${AT}.booking.${field}`;
  checkKeys(`${AT}.booking`, checkObject(`${AT}.booking`, mapping), [
    'token',
    ...DETAILS,
    'values',
    'derived',
    'ids',
    'insert',
  ]);
  const details = DETAILS.flatMap((detail): [keyof BookingDetails, string][] => {
    const column = mapping[detail];
    return column === undefined ? [] : [[detail, checkName(at(detail), column)]];
  });
  const ids = mapping.ids ?? 'database';
  if (!['database', 'uuid'].includes(ids)) throw invalid(at('ids'), "must be 'database' or 'uuid'");
  const { insert } = mapping;
  return {
    token: mapping.token === undefined ? null : checkName(at('token'), mapping.token),
    details: new Map(details),
    values: resolveFixed(at('values'), mapping.values ?? {}),
    derived: Object.entries(mapping.derived ?? {}).map(([column, value]) => {
      if (!DERIVED.includes(value)) throw invalid(at(`derived.${column}`), `must be one of ${DERIVED.join(', ')}`);
      return [checkName(at('derived'), column), value] as const;
    }),
    ids,
    procedure: insert ? resolveProcedure<Exclude<BookingArgument, object>>(at('insert'), insert, ARGUMENTS) : null,
  };
}

export function resolveRemoval(mapping: RemovalMapping): ResolvedRemoval {
  const at = `${AT}.removal`;
  checkObject(at, mapping);
  if ('set' in mapping) {
    const values = resolveFixed(`${at}.set`, checkObject(`${at}.set`, mapping.set));
    if (values.length === 0) throw invalid(`${at}.set`, 'must set a column');
    return { kind: 'set', values };
  }
  return { kind: 'procedure', ...resolveProcedure<'id'>(at, mapping, ['id']) };
}

function resolveProcedure<A extends string>(
  at: string,
  mapping: {
    readonly procedure: string | readonly string[];
    readonly arguments: readonly (A | { readonly value: FixedValue })[];
  },
  known: readonly string[],
): ResolvedProcedure<A> {
  checkKeys(at, checkObject(at, mapping), ['procedure', 'arguments']);
  const given = checkObject(`${at}.arguments`, mapping.arguments).map((argument, i) => {
    const field = `${at}.arguments.${String(i)}`;
    if (typeof argument === 'object') {
      checkFixed(`${field}.value`, argument.value);
      return { value: argument.value };
    }
    if (!known.includes(argument)) throw invalid(field, `must be one of ${known.join(', ')}, or { value }`);
    return argument;
  });
  return { path: checkPath(`${at}.procedure`, mapping.procedure), arguments: given };
}

function resolveFixed(at: string, values: Readonly<Record<string, FixedValue>>): Fixed {
  const entries = Object.entries(values);
  for (const [column, value] of entries) {
    checkName(at, column);
    checkFixed(`${at}.${column}`, value);
  }
  return entries;
}

function checkFixed(field: string, value: unknown): asserts value is FixedValue {
  const fits = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  if (!fits) throw invalid(field, 'must be a text, a number, true, false or null');
}
