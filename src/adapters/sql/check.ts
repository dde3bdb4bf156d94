import { fault } from '../../domain/errors.js';
import type { Catalog, CatalogColumn, CatalogTable, SqlEngine, TimeColumn } from './engine.js';
import { nearest } from './nearest.js';
import type { ResolvedSchema, ResolvedTable } from './resolve.js';
import { column, sourceOf, type Source } from './source.js';
import { bookingTarget, type BookingTarget } from './target.js';

/**
 * Finds every mapped table and column in the database. Throws `SchemaMismatch`, naming the field and the names most like it,
 * for what is missing or of a type that the mapping cannot mean; `PermissionDenied` for what this login may not read.
 */
export async function bindSchema(schema: ResolvedSchema, engine: SqlEngine, catalog: Catalog): Promise<BoundSchema> {
  const sources: Source[] = [];
  let target: BookingTarget | null = null;
  for (const mapping of schema.tables) {
    const table = await catalog.table(mapping.table);
    if (!table)
      throw missing(`schema.${mapping.label}.table`, 'table', mapping.table.at(-1) ?? '', await catalog.tableNames());
    const source = bindTable(schema.zone, mapping, engine, table);
    sources.push(source);
    if (mapping.label === 'appointments' && schema.booking) {
      target = bookingTarget(source, schema.booking, engine, columnFinder(engine, table));
    }
  }
  return { sources, target };
}

export interface BoundSchema {
  readonly sources: readonly Source[];
  /** Where bookings are written; `null` where the mapping does not say how. */
  readonly target: BookingTarget | null;
}

/** Finds a column by the name that the mapping has for it, or throws `SchemaMismatch`. */
function columnFinder(engine: SqlEngine, table: CatalogTable) {
  return (path: string, name: string): CatalogColumn => {
    const real = table.columns.find((candidate) => engine.sameName(candidate.name, name));
    if (real) return real;
    const names = table.columns.map((candidate) => candidate.name);
    throw missing(path, 'column', name, names);
  };
}

function bindTable(zone: string, mapping: ResolvedTable, engine: SqlEngine, table: CatalogTable): Source {
  const fields: [field: string, column: string][] = [
    ['id', mapping.id],
    ...mapping.practitioners.map((name): [string, string] => ['practitioner', name]),
    ...(mapping.location === null ? [] : [['location', mapping.location] satisfies [string, string]]),
    ['start', mapping.start],
    ['end', mapping.end],
    ...(typeof mapping.slot === 'string' ? [['slotMinutes', mapping.slot] satisfies [string, string]] : []),
  ];
  const found = new Map<string, CatalogColumn>();
  const find = columnFinder(engine, table);
  for (const [field, name] of fields) {
    const path = `schema.${mapping.label}.${field}`;
    const real = find(path, name);
    if (!real.readable)
      throw fault('PermissionDenied', `This login may not read the column of ${path}.`, { field: path });
    found.set(name, real);
  }
  const realName = (name: string) => found.get(name)?.name ?? name;
  const type = (name: string) => found.get(name)?.type ?? '';
  const time = (field: 'start' | 'end'): TimeColumn => {
    const bound = engine.time(column(realName(mapping[field])), type(mapping[field]), mapping, zone);
    if (!('rule' in bound)) return bound;
    const path = `schema.${mapping.label}.${field}`;
    throw fault('SchemaMismatch', `The column of ${path} ${bound.rule}.`, { field: path });
  };
  return sourceOf(engine, mapping, zone, table.path, realName, type, { start: time('start'), end: time('end') });
}

function missing(field: string, what: 'table' | 'column', name: string, names: readonly string[]): Error {
  const like = nearest(name, names).map((candidate) => JSON.stringify(candidate));
  const hint = like.length > 0 ? ` Most like it: ${like.join(', ')}.` : '';
  return fault('SchemaMismatch', `There is no ${what} ${JSON.stringify(name)} (${field}).${hint}`, { field });
}
