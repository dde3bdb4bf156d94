import { sql, type Kysely } from 'kysely';

import type { Catalog } from '../sql/engine.js';

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
