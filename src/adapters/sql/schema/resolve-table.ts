import { DAY, MAX_INSTANT } from '../../../domain/instant.js';
import type { RowKind } from '../../../domain/row.js';
import { asList, checkKeys, checkName, checkNames, checkObject, checkPath, invalid } from './names.js';
import { resolveEnd, resolveStart, type ResolvedEnd, type ResolvedMoment } from './resolve-moments.js';
import type { ColumnRule, StatusClass, StatusMapping, TableMapping } from './schema.js';

/** A mapped table's name in the schema, such as `appointments` or `blockouts.leave`; part of each row's hash. */
export type SourceLabel = string;

/** A condition on a column's text. */
export interface ResolvedRule {
  readonly column: string;
  /** `only`: one of these, and NULL where `withNull`. `not`: none of these, NULL allowed. */
  readonly kind: 'only' | 'not';
  readonly values: readonly string[];
  readonly withNull: boolean;
}

export interface ResolvedStatus {
  readonly column: string;
  readonly characters: number | null;
  readonly classes: Readonly<Record<string, StatusClass>>;
  readonly whenNull: StatusClass;
}

/** Which rows of a table count. */
export interface ResolvedCount {
  readonly rules: readonly ResolvedRule[];
  readonly status: ResolvedStatus | null;
}

/** One table of the schema with every default filled in. */
export interface ResolvedTable extends ResolvedCount {
  readonly label: SourceLabel;
  /** What the ids of its rows begin with outwards; see `ids.ts`. */
  readonly prefix: string;
  readonly kind: RowKind;
  /** One or two names. */
  readonly table: readonly string[];
  readonly ids: readonly string[];
  readonly practitioners: readonly string[];
  /** Rows without a practitioner are everybody's. */
  readonly everyone: boolean;
  readonly location: string | null;
  readonly start: ResolvedMoment;
  readonly end: ResolvedEnd;
  readonly none: readonly string[];
  readonly longestRowMs: number;
  /** A column, a fixed length in minutes, or none. */
  readonly slot: string | number | null;
  /** Each session is one slot. */
  readonly oneSlot: boolean;
  /** A column, or a number. */
  readonly capacity: string | number;
}

export const DEFAULT_LONGEST_ROW_MS: Readonly<Record<RowKind, number>> = {
  appointment: 31 * DAY,
  blockout: 400 * DAY,
  session: 31 * DAY,
};

/** Whether a row of a class takes time. */
export const TAKES_TIME: Readonly<Record<StatusClass, boolean>> = {
  busy: true,
  tentative: true,
  completed: true,
  free: false,
  cancelled: false,
  'no-show': false,
  'not-a-booking': false,
};

export const TABLE_KEYS = [
  'table',
  'id',
  'practitioner',
  'whenNone',
  'location',
  'start',
  'end',
  'time',
  'separator',
  'none',
  'only',
  'status',
  'longestRowMs',
] as const satisfies readonly (keyof TableMapping)[];

/** What is not told by the mapping itself. */
export type TableExtras = Pick<ResolvedTable, 'label' | 'prefix' | 'kind' | 'slot' | 'oneSlot' | 'capacity'>;

export function resolveTable(mapping: TableMapping, extras: TableExtras): ResolvedTable {
  const at = `schema.${extras.label}`;
  checkObject(at, mapping);
  const context = { at, time: mapping.time, separator: mapping.separator };
  const start = resolveStart(context, mapping.start);
  const { longestRowMs = DEFAULT_LONGEST_ROW_MS[extras.kind] } = mapping;
  if (!(longestRowMs >= 0 && longestRowMs < MAX_INSTANT)) {
    throw invalid(`${at}.longestRowMs`, 'must be a length in ms');
  }
  return {
    ...extras,
    table: checkPath(`${at}.table`, mapping.table),
    ids: checkNames(`${at}.id`, mapping.id),
    ...resolvePeople(at, mapping, extras.kind),
    location: mapping.location === undefined ? null : checkName(`${at}.location`, mapping.location),
    start,
    end: resolveEnd(context, start, mapping.end),
    none: resolveNone(mapping.none),
    ...resolveCount(at, mapping.only, mapping.status),
    longestRowMs: Math.ceil(longestRowMs),
  };
}

export function resolveNone(none: readonly string[] | undefined): readonly string[] {
  return [...new Set(none ?? [])].sort();
}

/** The rows that count. */
export function resolveCount(at: string, only: TableMapping['only'], status?: StatusMapping): ResolvedCount {
  const rules = Object.entries(only ?? {}).map(([column, rule]) => resolveRule(`${at}.only.${column}`, column, rule));
  return { rules, status: status ? resolveStatus(`${at}.status`, status) : null };
}

function resolvePeople(
  at: string,
  { practitioner, whenNone = 'skip' }: TableMapping,
  kind: RowKind,
): Pick<ResolvedTable, 'practitioners' | 'everyone'> {
  if (!['skip', 'everyone'].includes(whenNone)) throw invalid(`${at}.whenNone`, "must be 'skip' or 'everyone'");
  const isEveryones = practitioner === undefined || whenNone === 'everyone';
  if (isEveryones && kind !== 'blockout') {
    const field = practitioner === undefined ? 'practitioner' : 'whenNone';
    throw invalid(`${at}.${field}`, `must name somebody: only blockouts can be everybody's`);
  }
  const practitioners = practitioner === undefined ? [] : checkNames(`${at}.practitioner`, practitioner);
  return { practitioners, everyone: isEveryones };
}

function resolveRule(at: string, column: string, rule: ColumnRule): ResolvedRule {
  checkName(at, column);
  const isNot = typeof rule === 'object' && 'not' in rule;
  const given = asList(isNot ? rule.not : rule);
  const values = given.filter((value) => value !== null);
  if (given.length === 0 || !values.every((value) => typeof value === 'string') || (isNot && given.includes(null))) {
    throw invalid(at, 'must be a list of texts (NULL as null), or { not: [texts] }');
  }
  return { column, kind: isNot ? 'not' : 'only', values: [...values].sort(), withNull: given.includes(null) };
}

function resolveStatus(at: string, mapping: StatusMapping): ResolvedStatus {
  checkObject(at, mapping);
  checkKeys(at, mapping, ['column', 'classes', 'characters', 'whenNull']);
  const { characters, whenNull = 'busy' } = mapping;
  if (characters !== undefined && !(Number.isInteger(characters) && characters > 0)) {
    throw invalid(`${at}.characters`, 'must be a whole number above 0');
  }
  const known = Object.keys(TAKES_TIME).join(', ');
  const named: [string, string][] = Object.entries(checkObject(`${at}.classes`, mapping.classes));
  for (const [value, statusClass] of named) {
    if (!Object.hasOwn(TAKES_TIME, statusClass)) throw invalid(`${at}.classes.${value}`, `must be one of ${known}`);
    if (characters !== undefined && value.length > characters) {
      throw invalid(`${at}.classes.${value}`, `must have at most ${String(characters)} characters, as compared`);
    }
  }
  if (!Object.hasOwn(TAKES_TIME, whenNull)) throw invalid(`${at}.whenNull`, `must be one of ${known}`);
  return {
    column: checkName(`${at}.column`, mapping.column),
    characters: characters ?? null,
    classes: mapping.classes,
    whenNull,
  };
}
