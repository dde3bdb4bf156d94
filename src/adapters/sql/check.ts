import { sql, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import { STREAM_OF } from '../../domain/row.js';
import { bindTimes, type FoundColumn } from './bind-times.js';
import { isAt, ruleHolds, statusHolds } from './counts.js';
import type { Catalog, CatalogColumn, CatalogTable, SqlEngine } from './engine.js';
import { idSpace, splitKey } from './ids.js';
import { allOf, anyOf } from './logic.js';
import { nearest } from './nearest.js';
import { bindRoster } from './roster/bind-roster.js';
import type { Roster } from './roster/roster.js';
import type { ResolvedSchema } from './schema/resolve.js';
import type { ResolvedTable } from './schema/resolve-table.js';
import { column, type Source, type SourceId } from './source.js';
import { bookingTarget, type BookingTarget } from './target.js';

export interface BoundSchema {
  readonly sources: readonly Source[];
  readonly rosters: readonly Roster[];
  /** Where bookings are written; `null` where the mapping does not say how. */
  readonly target: BookingTarget | null;
}

/**
 * Finds every mapped table and column in the database. Throws `SchemaMismatch`, naming the field and the names most like it,
 * for what is missing or of a type that the mapping cannot mean; `PermissionDenied` for what this login may not read.
 */
export async function bindSchema(schema: ResolvedSchema, engine: SqlEngine, catalog: Catalog): Promise<BoundSchema> {
  const sources: Source[] = [];
  const rosters: Roster[] = [];
  let target: BookingTarget | null = null;
  for (const mapping of schema.tables) {
    const finder = await openTable(engine, catalog, mapping.label, mapping.table);
    const found = bindTable(schema, mapping, engine, finder);
    sources.push(...found);
    if (mapping.label === 'appointments' && schema.booking) {
      target = bookingTarget(found, schema, schema.booking, engine, finder);
    }
  }
  for (const mapping of schema.rosters) {
    rosters.push(await bindRoster(schema, mapping, engine, (label, path) => openTable(engine, catalog, label, path)));
  }
  return { sources, rosters, target };
}

/** Looks columns up by the names that the mapping has for them. Throws `SchemaMismatch` or `PermissionDenied`. */
export interface ColumnFinder {
  readonly path: readonly string[];
  find(field: string, name: string): CatalogColumn;
  /** One that is read. */
  read(field: string, name: string): FoundColumn;
}

export async function openTable(
  engine: SqlEngine,
  catalog: Catalog,
  label: string,
  path: readonly string[],
): Promise<ColumnFinder> {
  const table = await catalog.table(path);
  if (!table) throw missing(`schema.${label}.table`, 'table', path.at(-1) ?? '', await catalog.tableNames());
  return finderOf(engine, table);
}

function finderOf(engine: SqlEngine, table: CatalogTable): ColumnFinder {
  const find = (field: string, name: string): CatalogColumn => {
    const real = table.columns.find((candidate) => engine.sameName(candidate.name, name));
    if (real) return real;
    const names = table.columns.map((candidate) => candidate.name);
    throw missing(field, 'column', name, names);
  };
  return {
    path: table.path,
    find,
    read: (field, name) => {
      const { name: real, type, readable } = find(field, name);
      if (!readable) throw fault('PermissionDenied', `This login may not read the column of ${field}.`, { field });
      const reference = column(real);
      return { name: real, type, reference, text: engine.text(reference, type) };
    },
  };
}

/** One source for each zone that the table's locations lie in. */
function bindTable(
  schema: ResolvedSchema,
  mapping: ResolvedTable,
  engine: SqlEngine,
  finder: ColumnFinder,
): readonly Source[] {
  const at = `schema.${mapping.label}`;
  const many = (field: string, names: readonly string[]) => names.map((name) => finder.read(`${at}.${field}`, name));
  const ids = many('id', mapping.ids);
  const practitioners = many('practitioner', mapping.practitioners);
  const [location] = many('location', mapping.location === null ? [] : [mapping.location]);
  const slot = many('slotMinutes', typeof mapping.slot === 'string' ? [mapping.slot] : []);
  const capacity = many('capacity', typeof mapping.capacity === 'string' ? [mapping.capacity] : []);
  const counting = bindCounts(mapping, engine, finder);
  const stream = STREAM_OF[mapping.kind];
  const space = idSpace(mapping, [
    ...schema.tables,
    ...schema.rosters.map(({ prefix }) => ({ prefix, kind: 'session' as const })),
  ]);
  return zonesOf(schema, engine, location).map(({ zone, isIn }): Source => {
    const { start, end } = bindTimes(schema, mapping, zone, engine, finder);
    const conditions = [...counting.conditions, ...(isIn ? [isIn] : [])];
    const before = [...ids, ...practitioners, ...(location ? [location] : [])].map(({ text }) => text);
    return {
      mapping,
      zone,
      stream,
      path: finder.path,
      from: sql`${sql.id(...finder.path)} as ${sql.id('t')}`,
      counts: conditions.length === 0 ? null : allOf(conditions),
      start,
      end,
      columns: [...before, ...start.texts, ...end.texts, ...[...slot, ...capacity].map(({ text }) => text)],
      startAt: before.length,
      status: counting.status,
      id: bindId(engine, ids),
      ...space,
      isOf: (practitionerId, locationId) =>
        isOf(engine, mapping, { practitioners, location }, practitionerId, locationId ?? null),
    };
  });
}

function bindCounts(mapping: ResolvedTable, engine: SqlEngine, finder: ColumnFinder) {
  const at = `schema.${mapping.label}`;
  const conditions = mapping.rules.map((rule) =>
    ruleHolds(engine, rule, finder.read(`${at}.only.${rule.column}`, rule.column).text),
  );
  const status = mapping.status && finder.read(`${at}.status.column`, mapping.status.column).text;
  const holds = mapping.status && status && statusHolds(engine, mapping.status, status);
  return { conditions: [...conditions, ...(holds ? [holds] : [])], status };
}

function zonesOf(
  { zone, zones }: ResolvedSchema,
  engine: SqlEngine,
  location: FoundColumn | undefined,
): readonly { zone: string; isIn: RawBuilder<boolean> | null }[] {
  if (!location || zones.size === 0) return [{ zone, isIn: null }];
  const elsewhere = [...zones.values()].flat();
  return [
    { zone, isIn: isAt(engine, location.text, elsewhere, false) },
    ...[...zones].map(([other, locations]) => ({ zone: other, isIn: isAt(engine, location.text, locations, true) })),
  ];
}

function bindId(engine: SqlEngine, columns: readonly FoundColumn[]): SourceId {
  const [first, another] = columns;
  const eachIs = (id: string, say: (found: FoundColumn, text: string) => RawBuilder<boolean>): RawBuilder<boolean> => {
    const texts = splitKey(id, columns.length);
    return texts ? allOf(columns.map((found, i) => say(found, texts[i] ?? ''))) : sql`1 = 0`;
  };
  const isLike = ({ reference, type }: FoundColumn, text: string) => engine.isOneOf(reference, type, [text]);
  return {
    columns: columns.map(({ name }) => name),
    only: first && !another ? { column: first.name, reference: first.reference, type: first.type } : null,
    isOneOf: (ids) =>
      first && !another ? engine.isOneOf(first.reference, first.type, ids) : anyOf(ids.map((id) => eachIs(id, isLike))),
    is: (id) => eachIs(id, (found, text) => sql`(${isLike(found, text)} and ${engine.exactly(found.text)} = ${text})`),
  };
}

function isOf(
  engine: SqlEngine,
  { everyone, none }: ResolvedTable,
  { practitioners, location }: { practitioners: readonly FoundColumn[]; location: FoundColumn | undefined },
  practitionerId: string,
  locationId: string | null,
): RawBuilder<boolean> {
  const named = practitioners.map(
    ({ reference, type, text }) =>
      sql<boolean>`(${engine.isOneOf(reference, type, [practitionerId])} and ${engine.exactly(text)} = ${practitionerId})`,
  );
  if (!everyone) return anyOf(named);
  const isNone = ({ text }: FoundColumn): RawBuilder<boolean> => {
    const isNull = sql<boolean>`${text} is null`;
    return none.length === 0 ? isNull : anyOf([isNull, sql`${engine.exactly(text)} in (${sql.join(none)})`]);
  };
  // What is everybody's at one place takes nobody's time at another.
  const isHere =
    location && locationId !== null
      ? [anyOf([isNone(location), sql<boolean>`${engine.exactly(location.text)} = ${locationId}`])]
      : [];
  return anyOf([...named, allOf([...practitioners.map(isNone), ...isHere])]);
}

export function missing(field: string, what: 'table' | 'column', name: string, names: readonly string[]): Error {
  const like = nearest(name, names).map((candidate) => JSON.stringify(candidate));
  const hint = like.length > 0 ? ` Most like it: ${like.join(', ')}.` : '';
  return fault('SchemaMismatch', `There is no ${what} ${JSON.stringify(name)} (${field}).${hint}`, { field });
}
