import { sql, type Kysely } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Catalog, CatalogTable } from '../sql/engine.js';
import type { Source } from '../sql/source.js';

interface Found {
  schema: string;
  relation: string;
  name: string;
  type: string;
  privileges: string;
  maxLength: string | null;
}

/** Lengths in characters; those of other types are in bytes. */
const COUNTED = new Set(['char', 'varchar']);

/** The columns of one table that this login has a right to. */
async function shown(db: Kysely<object>, path: readonly string[]): Promise<Found[]> {
  const [schema, relation] = path.length > 1 ? path : [undefined, path[0]];
  const inSchema = schema === undefined ? sql`table_schema = database()` : sql`table_schema = ${schema}`;
  const { rows } = await sql<Found>`
    select table_schema as \`schema\`, table_name as relation, column_name as name, lower(data_type) as type,
      lower(privileges) as privileges, cast(character_maximum_length as char) as maxLength
    from information_schema.columns where ${inSchema} and table_name = ${relation} order by ordinal_position
  `.execute(db);
  // Where names of tables differ by case, the catalog's comparison may find two.
  const real = rows.find((row) => row.relation === relation) ?? rows[0];
  return rows.filter((row) => row.relation === real?.relation && row.schema === real.schema);
}

/** Asks `information_schema`, which shows what this login has any right to; for what it does not show, the server is asked. */
export function mysqlCatalog(db: Kysely<object>): Catalog {
  return {
    async table(path) {
      const rows = await shown(db, path);
      if (rows.length > 0) return tableOf(rows);
      await mustNotExist(db, path);
      return undefined;
    },
    async tableNames() {
      const { rows } = await sql<{ name: string }>`
        select table_name as name from information_schema.tables where table_schema = database()
      `.execute(db);
      return rows.map((row) => row.name);
    },
  };
}

function tableOf(rows: readonly Found[]): CatalogTable {
  return {
    path: [rows[0]?.schema ?? '', rows[0]?.relation ?? ''],
    columns: rows.map(({ name, type, privileges, maxLength }) => ({
      name,
      type,
      readable: privileges.split(',').includes('select'),
      ...(maxLength !== null && COUNTED.has(type) && { maxLength: Number(maxLength) }),
    })),
  };
}

/** A table without any right for this login is not shown; reading it says which of the two it is. */
async function mustNotExist(db: Kysely<object>, path: readonly string[]): Promise<void> {
  try {
    await sql`select 1 from ${sql.id(...path)} limit 0`.execute(db);
  } catch (error) {
    const denied = [1044, 1142].includes((error as { errno?: number }).errno ?? 0);
    if (denied) throw fault('PermissionDenied', `This login may not read the table ${JSON.stringify(path.at(-1))}.`);
  }
}

export interface IndexFact {
  readonly name: string;
  /** Its columns in order, in lower case. */
  readonly columns: readonly string[];
}

async function indexesOf(db: Kysely<object>, { path }: { readonly path: readonly string[] }): Promise<IndexFact[]> {
  const [schema, relation] = path;
  const { rows } = await sql<{ name: string; column: string | null }>`
    select index_name as name, lower(column_name) as \`column\` from information_schema.statistics
    where table_schema = ${schema} and table_name = ${relation} order by index_name, seq_in_index
  `.execute(db);
  const columns = new Map<string, string[]>();
  for (const { name, column } of rows) columns.set(name, [...(columns.get(name) ?? []), column ?? '']);
  return [...columns].map(([name, each]) => ({ name, columns: each }));
}

/** True when the newest ids are found by an index. */
export async function idLeadsIndex(db: Kysely<object>, source: Source): Promise<boolean> {
  const id = source.id.columns[0]?.toLowerCase();
  return (await indexesOf(db, source)).some(({ columns }) => columns[0] === id);
}

/** What a mapped table is made of. */
export interface TableFacts {
  /** `null` for views. */
  readonly engine: string | null;
  /** As the server guesses. */
  readonly rows: number;
  /** False for views, and for tables of other engines: MyISAM, Aria, MEMORY … */
  readonly isInnodb: boolean;
  readonly indexes: readonly IndexFact[];
  /** The columns that the database fills with the next number. */
  readonly counters: readonly string[];
}

/** Without a name of our own MySQL gives columns of the catalog in capitals. */
export async function tableFacts(
  db: Kysely<object>,
  source: { readonly path: readonly string[] },
): Promise<TableFacts> {
  const [schema, relation] = source.path;
  const isIt = sql`table_schema = ${schema} and table_name = ${relation}`;
  const { rows } = await sql<{ engine: string | null; guess: string | null }>`
    select engine as engine, cast(table_rows as char) as guess from information_schema.tables where ${isIt}
  `.execute(db);
  const counters = await sql<{ name: string }>`
    select column_name as name from information_schema.columns where ${isIt} and extra like '%auto_increment%'
  `.execute(db);
  return {
    engine: rows[0]?.engine ?? null,
    rows: Number(rows[0]?.guess ?? 0),
    indexes: await indexesOf(db, source),
    isInnodb: rows[0]?.engine?.toLowerCase() === 'innodb',
    counters: counters.rows.map(({ name }) => name.toLowerCase()),
  };
}
