import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';

import type { Catalog, CatalogColumn, CatalogTable } from '../sql/engine.js';
import type { Source } from '../sql/source.js';
import { toFault } from './errors.js';
import { tried } from './probe.js';
import { quotedPath } from './text.js';

interface Found {
  schema: string;
  relation: string;
  name: string;
  type: string;
  length: number | null;
}

/** Asks `INFORMATION_SCHEMA`, which shows what this login has any right to. */
export function mssqlCatalog(db: Kysely<object>): Catalog {
  return {
    async table(path) {
      const [schema, relation] = path.length > 1 ? path : [undefined, path[0]];
      const inSchema =
        schema === undefined ? sql`table_schema in (schema_name(), N'dbo')` : sql`table_schema = ${schema}`;
      const { rows } = await sql<Found>`
        select table_schema as [schema], table_name as relation, column_name as name, lower(data_type) as type,
          cast(character_maximum_length as int) as length
        from information_schema.columns where ${inSchema} and table_name = ${relation}
        order by case when table_schema = N'dbo' then 1 else 0 end, ordinal_position
      `.execute(db);
      const [first] = rows;
      if (!first) return undefined;
      const real = [first.schema, first.relation];
      const own = rows.filter((row) => row.schema === first.schema && row.relation === first.relation);
      const hidden = await hiddenColumns(db, real);
      return { path: real, columns: own.map((row) => columnOf(row, !hidden.has(row.name))) } satisfies CatalogTable;
    },
    async tableNames() {
      const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables`.execute(
        db,
      );
      return rows.map(({ name }) => name);
    },
  };
}

/** Lengths beyond what a column can be limited to mean none. */
const MOST_CHARACTERS = 8_000;

function columnOf({ name, type, length }: Found, readable: boolean): CatalogColumn {
  const isLimited = length !== null && length > 0 && length <= MOST_CHARACTERS;
  return { name, type, readable, ...(isLimited && { maxLength: length }) };
}

/** The columns that this login may not read; none where the server does not say, and then the first read will. */
async function hiddenColumns(db: Kysely<object>, path: readonly string[]): Promise<ReadonlySet<string>> {
  try {
    await sql`select top (0) * from ${sql.id(...path)}`.execute(db);
    return new Set();
  } catch (error) {
    if (toFault(error).code !== 'PermissionDenied') throw error;
  }
  const table = quotedPath(path);
  const asked = await tried(() =>
    sql<{ name: string }>`
      select name from sys.columns where object_id = object_id(${table})
        and has_perms_by_name(${table}, N'OBJECT', N'SELECT', name, N'COLUMN') = 0
    `.execute(db),
  );
  return new Set(asked?.rows.map(({ name }) => name));
}

export interface IndexFact {
  readonly name: string;
  /** Its columns in order, in lower case. */
  readonly columns: readonly string[];
}

/** Empty for views, and where the server does not show them. */
export async function indexesOf(db: QueryExecutorProvider, { path }: Source): Promise<IndexFact[]> {
  const asked = await tried(() =>
    sql<{ name: string; column: string }>`
      select i.name, lower(c.name) as [column]
      from sys.indexes as i
      join sys.index_columns as ic on ic.object_id = i.object_id and ic.index_id = i.index_id
      join sys.columns as c on c.object_id = ic.object_id and c.column_id = ic.column_id
      where i.object_id = object_id(${quotedPath(path)}) and i.name is not null and i.is_disabled = 0
        and i.has_filter = 0 and ic.key_ordinal > 0
      order by i.name, ic.key_ordinal
    `.execute(db),
  );
  const columns = new Map<string, string[]>();
  for (const { name, column } of asked?.rows ?? []) columns.set(name, [...(columns.get(name) ?? []), column]);
  return [...columns].map(([name, each]) => ({ name, columns: each }));
}

/** True when the newest ids are found by an index. */
export async function idLeadsIndex(db: QueryExecutorProvider, source: Source): Promise<boolean> {
  const id = source.id.columns[0]?.toLowerCase();
  return (await indexesOf(db, source)).some(({ columns }) => columns[0] === id);
}

/** True when the database numbers the rows itself. */
export async function isNumbered(db: QueryExecutorProvider, { path, id }: Source): Promise<boolean> {
  const asked = await tried(() =>
    sql<{ own: number | null }>`
      select columnproperty(object_id(${quotedPath(path)}), ${id.columns[0]}, N'IsIdentity') as own
    `.execute(db),
  );
  return asked?.rows[0]?.own === 1;
}
