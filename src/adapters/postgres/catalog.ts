import { sql, type Kysely } from 'kysely';

import type { Catalog } from '../sql/engine.js';
import type { Source } from '../sql/source.js';

interface Found {
  schema: string;
  relation: string;
  name: string;
  type: string;
  readable: boolean;
  maxLength: number | null;
}

/** Asks `pg_catalog`: `information_schema` shows only what this login may read, so a missing right would look like a typo. */
export function postgresCatalog(db: Kysely<object>): Catalog {
  return {
    async table(path) {
      const quoted = sql`concat_ws('.', ${sql.join(path.map((name) => sql`quote_ident(${name}::text)`))})`;
      const { rows } = await sql<Found>`
        select n.nspname as schema, c.relname as relation, a.attname as name,
          format_type(case when y.typtype = 'd' then y.typbasetype else a.atttypid end, null) as type,
          coalesce(has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select'), false)
            as readable,
          case when coalesce(nullif(y.typbasetype, 0), y.oid) in ('varchar'::regtype, 'bpchar'::regtype)
            then nullif(greatest(a.atttypmod, y.typtypmod, 3), 3) - 4 end as "maxLength"
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        join pg_catalog.pg_type y on y.oid = a.atttypid
        where c.oid = to_regclass(${quoted}) and c.relkind in ('r', 'v', 'm', 'f', 'p')
        order by a.attnum
      `.execute(db);
      const first = rows[0];
      const columns = rows.map(({ maxLength, ...rest }) => (maxLength === null ? rest : { ...rest, maxLength }));
      return first && { path: [first.schema, first.relation], columns };
    },
    async tableNames() {
      const { rows } = await sql<{ name: string }>`
        select c.relname as name from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      `.execute(db);
      return rows.map((row) => row.name);
    },
  };
}

/** True when a whole, valid index of the table begins with its id column. */
export async function idLeadsIndex(db: Kysely<object>, { path, id }: Source): Promise<boolean> {
  const quoted = sql`concat_ws('.', ${sql.join(path.map((name) => sql`quote_ident(${name}::text)`))})`;
  const { rows } = await sql<{ leads: boolean }>`
    select exists (
      select from pg_catalog.pg_index i
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = to_regclass(${quoted}) and a.attname = ${id.columns[0]} and i.indpred is null and i.indisvalid
    ) as leads
  `.execute(db);
  return rows[0]?.leads === true;
}
