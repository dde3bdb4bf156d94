import { fault } from 'clinic-sync';

import { textLiteral, type ColumnType } from './literals.js';
import type { Query } from './session.js';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Of a text, in characters. */
  readonly length: number;
  /** Filled up with blanks. */
  readonly isPadded: boolean;
}

/** A table or view as the database has it. */
export interface Relation {
  readonly name: string;
  readonly columns: ReadonlyMap<string, Column>;
  /** The columns of each index that is in use, in order. */
  readonly indexes: readonly (readonly string[])[];
}

const CHAR = 14;
const TIMESTAMP = 35;
/** Of RDB$FIELD_TYPE; a NUMERIC has one of the numbers' types and a scale. */
const TYPES: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  [7, 'number'],
  [8, 'number'],
  [16, 'number'],
  [CHAR, 'text'],
  [37, 'text'],
  [TIMESTAMP, 'time'],
]);

/** Looks a name up as it was written, then in capitals, as SQL does with names that are not quoted. */
export async function findRelation(query: Query, name: string, field: string): Promise<Relation> {
  for (const candidate of new Set([name, name.toUpperCase()])) {
    const columns = await columnsOf(query, candidate);
    if (columns.size > 0) return { name: candidate, columns, indexes: await indexesOf(query, candidate) };
  }
  throw fault('SchemaMismatch', `${field} names no table or view.`, { field });
}

export function findColumn({ columns }: Relation, name: string, field: string, types: readonly ColumnType[]): Column {
  const column = columns.get(name) ?? columns.get(name.toUpperCase());
  if (!column) throw fault('SchemaMismatch', `${field} names no column of the table.`, { field });
  if (types.includes(column.type)) return column;
  throw fault('SchemaMismatch', `${field} names a column that is no ${types.join(' or ')}.`, { field });
}

async function columnsOf(query: Query, relation: string): Promise<Map<string, Column>> {
  const rows = await query(`
    select trim(rf.rdb$field_name), f.rdb$field_type, coalesce(f.rdb$character_length, 0)
    from rdb$relation_fields rf join rdb$fields f on f.rdb$field_name = rf.rdb$field_source
    where rf.rdb$relation_name = ${textLiteral(relation)} and coalesce(f.rdb$field_scale, 0) = 0`);
  return new Map(
    rows.flatMap(([text, code, length]) => {
      const type = TYPES.get(Number(code));
      const name = String(text);
      return type ? [[name, { name, type, length: Number(length), isPadded: Number(code) === CHAR }]] : [];
    }),
  );
}

async function indexesOf(query: Query, relation: string): Promise<string[][]> {
  const rows = await query(`
    select trim(i.rdb$index_name), trim(s.rdb$field_name)
    from rdb$indices i join rdb$index_segments s on s.rdb$index_name = i.rdb$index_name
    where i.rdb$relation_name = ${textLiteral(relation)}
      and coalesce(i.rdb$index_inactive, 0) = 0 and coalesce(i.rdb$index_type, 0) = 0
    order by i.rdb$index_name, s.rdb$field_position`);
  const byName = new Map<string, string[]>();
  for (const [index, column] of rows) {
    const columns = byName.get(String(index)) ?? [];
    byName.set(String(index), [...columns, String(column)]);
  }
  return [...byName.values()];
}
