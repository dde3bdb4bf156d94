import { sql, type QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import { tried } from './probe.js';
import { quotedPath } from './text.js';

/** A constant-cost reading, and where it comes from. */
export interface Pulse {
  readonly kind: 'change tracking' | 'log';
  read(db: QueryExecutorProvider): Promise<string>;
}

interface Table {
  readonly path: readonly string[];
}

/** The best that this server, these tables and this login's rights have; `null`: none, as for a plain reader. */
export async function findPulse(db: QueryExecutorProvider, tables: readonly Table[]): Promise<Pulse | null> {
  for (const pulse of [trackingPulse(tables), LOG_PULSE]) {
    if ((await tried(() => pulse.read(db))) !== null) return pulse;
  }
  return null;
}

/**
 * The version of the last committed transaction that touched a tracked table, with the version from which each mapped table is
 * tracked: truncating a table moves that alone. Throws where one of them is not tracked, or this login may not see that it is
 * (https://learn.microsoft.com/en-us/sql/relational-databases/system-functions/change-tracking-min-valid-version-transact-sql).
 */
function trackingPulse(tables: readonly Table[]): Pulse {
  const since = tables.map(
    ({ path }) => sql`cast(change_tracking_min_valid_version(object_id(${quotedPath(path)})) as nvarchar(20))`,
  );
  const text = sql.join([sql`cast(change_tracking_current_version() as nvarchar(20))`, ...since], sql` + N':' + `);
  return {
    kind: 'change tracking',
    read: (db) => readPulse(db, sql`select ${text} as pulse`),
  };
}

/** Where the transaction log of the database ends; from SQL Server 2016 SP2 on, and with a right that practices seldom grant. */
const LOG_PULSE: Pulse = {
  kind: 'log',
  read: (db) => readPulse(db, sql`select cast(log_end_lsn as nvarchar(40)) as pulse from sys.dm_db_log_stats(db_id())`),
};

async function readPulse(
  db: QueryExecutorProvider,
  query: { execute(db: QueryExecutorProvider): Promise<{ readonly rows: readonly unknown[] }> },
): Promise<string> {
  const { rows } = await query.execute(db);
  const { pulse } = Object(rows[0]) as { pulse?: string | null };
  // Switched off under us: the next link will find out what is left.
  if (pulse === null || pulse === undefined)
    throw fault('ClinicBusy', 'The clinic does not say any more what changes.');
  return pulse;
}
