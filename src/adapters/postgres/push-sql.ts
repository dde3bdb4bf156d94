import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type RawBuilder,
} from 'kysely';

import { readTables, resolveSchema, type ReadTable } from '../sql/schema/resolve.js';
import type { ClinicSchema } from '../sql/schema/schema.js';
import { DEFAULT_PUSH_CHANNEL } from './options.js';

export interface PostgresPushOptions {
  /** Default `clinic_sync`. */
  readonly channel?: string;
  /** The schema that is made for the trigger function. Default `clinic_sync`. */
  readonly schemaName?: string;
}

/** Statements to be run in their order, in one transaction, by an owner of the mapped tables. */
export interface PostgresPushSql {
  readonly install: readonly string[];
  readonly remove: readonly string[];
}

/** The four triggers of each mapped table: an AFTER trigger with transition tables can have one kind of statement only. */
export const PUSH_TRIGGERS = {
  clinic_sync_insert: 'after insert on %t referencing new table as clinic_sync_new for each statement',
  clinic_sync_update:
    'after update on %t referencing old table as clinic_sync_old new table as clinic_sync_new for each statement',
  clinic_sync_delete: 'after delete on %t referencing old table as clinic_sync_old for each statement',
  clinic_sync_truncate: 'after truncate on %t for each statement',
} as const;

/** What the triggers of a table are made with; the link compares it. Rows of rules, and those with keys of several columns, are not named. */
export function triggerArguments({ label, ids }: Pick<ReadTable, 'label' | 'ids'>, channel: string): readonly string[] {
  return [label, ids.length === 1 ? (ids[0] ?? '') : '', channel];
}

/**
 * Names at most 32 rows; more, or a truncated table, is "look at this table". It must never fail the clinic's own write:
 * every error is swallowed, and it stays silent where a NOTIFY could fail the commit later on, which no handler can catch:
 * with a queue that fills up, and where two-phase commit is on (https://www.postgresql.org/docs/current/sql-notify.html, Notes).
 * It runs with the rights of whoever writes, and finds nothing by the caller's search_path.
 */
const BODY = `
declare
  payload text;
  ids text[];
  touched text;
begin
  if pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4 > 0
    or pg_catalog.pg_notification_queue_usage() > 0.5 then
    return null;
  end if;
  begin
    touched := case tg_op
      when 'INSERT' then 'select %1$I::text as id from clinic_sync_new'
      when 'DELETE' then 'select %1$I::text as id from clinic_sync_old'
      when 'UPDATE' then 'select %1$I::text as id from clinic_sync_old union all select %1$I::text from clinic_sync_new'
    end;
    if touched is not null and tg_argv[1] <> '' then
      execute pg_catalog.format(
        'select pg_catalog.array_agg(distinct id) from (select id from (' || touched || ') a limit 65) b', tg_argv[1]
      ) into ids;
      if ids is null then
        return null;
      end if;
      if pg_catalog.cardinality(ids) <= 32 then
        payload := pg_catalog.json_build_object('t', tg_argv[0], 'ids', ids)::text;
      end if;
    end if;
    if payload is null or pg_catalog.octet_length(payload) > 4000 then
      payload := pg_catalog.json_build_object('t', tg_argv[0])::text;
    end if;
    perform pg_catalog.pg_notify(tg_argv[2], payload);
  exception when others then
    perform pg_catalog.pg_notify(tg_argv[2], pg_catalog.json_build_object('t', tg_argv[0])::text);
  end;
  return null;
exception when others then
  return null;
end
`;

/**
 * The SQL of push, to be read before it is run. What it adds to the database: one schema with one function, and four triggers
 * for each mapped table. What travels through the channel: the mapped table's label and row ids, readable by any login of the
 * database that listens.
 */
export function postgresPushSql(schema: ClinicSchema, options: PostgresPushOptions = {}): PostgresPushSql {
  const { channel = DEFAULT_PUSH_CHANNEL, schemaName = 'clinic_sync' } = options;
  const tables = readTables(resolveSchema(schema));
  const routine = sql.id(schemaName, 'notify_change');
  // Waiting for a table's lock keeps everybody who comes later waiting too.
  const patience = sql`set local lock_timeout = '2s'`;
  const drops = tables.flatMap((table) =>
    Object.keys(PUSH_TRIGGERS).map((name) => sql`drop trigger if exists ${sql.id(name)} on ${sql.id(...table.table)}`),
  );
  const creates = tables.flatMap((table) =>
    Object.entries(PUSH_TRIGGERS).map(([name, shape]) => {
      const [before = '', after = ''] = shape.split('%t');
      const on = sql`${sql.raw(before)}${sql.id(...table.table)}${sql.raw(after)}`;
      const given = sql.join(triggerArguments(table, channel).map((argument) => sql.lit(argument)));
      return sql`create trigger ${sql.id(name)} ${on} execute procedure ${routine}(${given})`;
    }),
  );
  return {
    install: [
      patience,
      sql`create schema if not exists ${sql.id(schemaName)}`,
      sql`create or replace function ${routine}() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as ${sql.lit(BODY)}`,
      sql`revoke all on function ${routine}() from public`,
      ...drops,
      ...creates,
    ].map(textOf),
    remove: [
      patience,
      ...drops,
      sql`drop function if exists ${routine}()`,
      sql`drop schema if exists ${sql.id(schemaName)}`,
    ].map(textOf),
  };
}

/** Makes texts only; never connects. */
const compiler = new Kysely<object>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

function textOf(statement: RawBuilder<unknown>): string {
  return statement.compile(compiler).sql;
}
