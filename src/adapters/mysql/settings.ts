import { sql, type Kysely, type RawBuilder } from 'kysely';

import { SECOND } from '../../domain/instant.js';
import { LOCK_TIMEOUT_MS, WRITE_TIMEOUT_MS, type Access } from '../sql/session.js';
import type { ResolvedMysqlOptions } from './options.js';
import { isMariadbVersion } from './server.js';

/** After so long without a word from us the server ends the session, and with it the lock of a dead owner. */
const SILENCE_S = 45;

/** Everything that is set below, under the names of every server. */
const NAMES = [
  'sql_mode',
  'time_zone',
  'autocommit',
  'lock_wait_timeout',
  'innodb_lock_wait_timeout',
  'wait_timeout',
  'net_write_timeout',
  'sql_safe_updates',
  'sql_big_selects',
  'sql_select_limit',
  'max_statement_time',
  'max_execution_time',
  'transaction_isolation',
  'tx_isolation',
  'transaction_read_only',
  'tx_read_only',
  'character_set_client',
  'character_set_connection',
  'character_set_results',
  'collation_connection',
];

/**
 * Whatever the server's or login's defaults are, ours are these: values are checked and never bent to fit, backslashes escape,
 * times are UTC, nothing waits long for a lock, readers may not write.
 */
export async function configure(db: Kysely<object>, options: ResolvedMysqlOptions, access: Access): Promise<void> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  const limitMs = access === 'read' ? options.statementTimeoutMs : WRITE_TIMEOUT_MS;
  const isMariadb = isMariadbVersion(rows[0]?.version ?? '');
  // Whoever waits for a lock while holding others can be in a deadlock, whose victim would often be the receptionist: the server ends
  // whoever has fewer rows and locks. MariaDB can be told not to wait; MySQL waits for a second at least.
  const lockWait = isMariadb ? 0 : LOCK_TIMEOUT_MS / SECOND;
  const limit = isMariadb
    ? sql`max_statement_time = ${limitMs / SECOND}`
    : // For reading statements alone.
      sql`max_execution_time = ${Math.ceil(limitMs)}`;
  await sql`
    set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1,
      lock_wait_timeout = ${LOCK_TIMEOUT_MS / SECOND}, innodb_lock_wait_timeout = ${lockWait},
      wait_timeout = ${SILENCE_S}, net_write_timeout = 20, sql_safe_updates = 0, sql_big_selects = 1,
      sql_select_limit = 18446744073709551615, ${limit}
  `.execute(db);
  const mode = sql.raw(access === 'read' ? 'read only' : 'read write');
  await sql`set session transaction isolation level repeatable read, ${mode}`.execute(db);
}

/** The same for a connection that goes back to its owner. Answers what makes it again what it was. */
export async function configureForNow(
  db: Kysely<object>,
  options: ResolvedMysqlOptions,
  access: Access,
): Promise<() => Promise<void>> {
  const { rows } = await sql<{ Variable_name: string; Value: string }>`
    show session variables where variable_name in (${sql.join(NAMES)})
  `.execute(db);
  await sql`set names utf8mb4`.execute(db);
  await configure(db, options, access);
  return async () => {
    await sql`rollback`.execute(db);
    const settings = rows.map(({ Variable_name: name, Value: value }) => sql`${sql.id(name)} = ${asSet(value)}`);
    await sql`set session ${sql.join(settings)}`.execute(db);
    await sql`select release_all_locks()`.execute(db);
  };
}

/** Numbers are shown as texts and must be set as numbers. */
function asSet(value: string): RawBuilder<unknown> {
  if (/^\d+(\.\d+)?$/.test(value)) return sql.raw(value);
  return value === '' ? sql`''` : sql`${value}`;
}
