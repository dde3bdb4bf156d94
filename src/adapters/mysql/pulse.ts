import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * Where InnoDB's redo log ends, under the names of MariaDB and of MySQL 8.0.30 and later. It moves with every commit, a moment before
 * the commit can be read, and without reason while the server tidies up; reading it needs no right
 * (https://dev.mysql.com/doc/refman/8.4/en/server-status-variables.html).
 */
const NAMES = ['Innodb_lsn_current', 'Innodb_redo_log_current_lsn'] as const;

export type PulseName = (typeof NAMES)[number];

/** The name under which this server has it; `null` where it has none. */
export async function findPulse(db: QueryExecutorProvider): Promise<PulseName | null> {
  for (const name of NAMES) if (/^\d+$/.test(await readPulse(db, name))) return name;
  return null;
}

export async function readPulse(db: QueryExecutorProvider, name: PulseName): Promise<string> {
  const { rows } = await sql<{ Value: string }>`show global status like ${name}`.execute(db);
  return rows[0]?.Value ?? '';
}
