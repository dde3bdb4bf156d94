import { sql, type Kysely } from 'kysely';

import type { Catalog } from '../sql/engine.js';
import type { Source } from '../sql/source.js';

export function sqliteCatalog(db: Kysely<object>): Catalog {
  return {
    async table(path) {
      const [schema, name] = path.length > 1 ? path : [undefined, path[0]];
      const from =
        schema === undefined ? sql`pragma_table_xinfo(${name})` : sql`pragma_table_xinfo(${name}, ${schema})`;
      const { rows } = await sql<{ name: string; type: string }>`select name, type from ${from}`.execute(db);
      if (rows.length === 0) return undefined;
      return { path, columns: rows.map((row) => ({ name: row.name, type: row.type.toLowerCase(), readable: true })) };
    },
    async tableNames() {
      const names = sql<{ name: string }>`select name from sqlite_master where type in ('table', 'view')`;
      return (await names.execute(db)).rows.map((row) => row.name);
    },
  };
}

/** True when the highest id is found by a search; the plan says so for a primary key and for an index alike. */
export async function idLeadsIndex(db: Kysely<object>, { from, id }: Source): Promise<boolean> {
  const reference = id.only?.reference ?? sql`1`;
  const { rows } = await sql<{ detail: string }>`
    explain query plan select ${reference} from ${from} where ${reference} > 0 order by ${reference} limit 1
  `.execute(db);
  return rows.every(({ detail }) => detail.startsWith('SEARCH'));
}
