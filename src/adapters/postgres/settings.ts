import { sql, type Kysely, type RawBuilder } from 'kysely';

import { LOCK_TIMEOUT_MS, WRITE_TIMEOUT_MS, type Access } from '../sql/session.js';
import type { ResolvedPostgresOptions } from './options.js';

const IDLE_IN_TRANSACTION_MS = 60_000;

type Setting = readonly [name: string, value: string, where?: RawBuilder<boolean>];

const since = (version: number) => sql<boolean>`current_setting('server_version_num')::int >= ${sql.lit(version)}`;
/**
 * Where a server sees that its client has gone while a statement runs: from 14 on, and on other systems than Linux not in every version
 * (https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL).
 */
const SEES_CLIENTS = sql<boolean>`${since(140_000)} and version() like '%linux%'`;

/**
 * Whatever the server's, database's or login's defaults are, ours are these. Texts and limits are fixed; readers are
 * forbidden to write; the server drops a client that it no longer hears, so that the lock of a dead owner is free again in about 20 s,
 * and in 1 s where the owner's machine lives, also in the middle of a wait or a long read.
 */
function settingsFor(options: ResolvedPostgresOptions, access: Access): readonly Setting[] {
  const ms = (value: number) => `${String(Math.ceil(value))}ms`;
  return [
    ['default_transaction_read_only', access === 'read' ? 'on' : 'off'],
    ['default_transaction_isolation', 'read committed'],
    ['statement_timeout', ms(access === 'read' ? options.statementTimeoutMs : WRITE_TIMEOUT_MS)],
    ['lock_timeout', ms(LOCK_TIMEOUT_MS)],
    ['idle_in_transaction_session_timeout', ms(IDLE_IN_TRANSACTION_MS)],
    ['tcp_keepalives_idle', '10'],
    ['tcp_keepalives_interval', '5'],
    ['tcp_keepalives_count', '2'],
    ['tcp_user_timeout', '20000', since(120_000)],
    ...(access === 'read' ? [['client_connection_check_interval', '1s', SEES_CLIENTS] as const] : []),
    ['datestyle', 'ISO, YMD'],
    ['intervalstyle', 'postgres'],
    ['timezone', 'UTC'],
    ['extra_float_digits', '1'],
    // Bytes of the server's own encoding are compared by hash on both sides, so both must mean the same characters.
    ['client_encoding', 'UTF8'],
  ];
}

export async function configure(db: Kysely<object>, options: ResolvedPostgresOptions, access: Access): Promise<void> {
  await set(db, settingsFor(options, access));
}

/** The same for a connection that goes back to its owner. Answers what makes it again what it was. */
export async function configureForNow(
  db: Kysely<object>,
  options: ResolvedPostgresOptions,
  access: Access,
): Promise<() => Promise<void>> {
  const ours = settingsFor(options, access);
  const names = sql.join(ours.map(([name]) => sql.lit(name)));
  const { rows } = await sql<{ name: string; value: string }>`
    select lower(name) as name, current_setting(name) as value from pg_settings where lower(name) in (${names})
  `.execute(db);
  const before = rows.map(({ name, value }): Setting => [name, value]);
  await set(db, ours);
  return async () => {
    await sql`rollback`.execute(db);
    await set(db, before);
    await sql`select pg_advisory_unlock_all()`.execute(db);
  };
}

async function set(db: Kysely<object>, settings: readonly Setting[]): Promise<void> {
  const calls = settings.map(([name, value, where]) => {
    const call = sql`set_config(${name}, ${value}, false)`;
    return where ? sql`case when ${where} then ${call} end` : call;
  });
  await sql`select ${sql.join(calls)}`.execute(db);
}
