import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * What moves with every commit, a moment before the commit can be read, and without reason while the server tidies up; reading it
 * needs no right. MariaDB: where InnoDB's redo log ends. MySQL: how often something was written to that log, counted since the
 * server started, because it shows the log's end up to a second late (measured on 9.7;
 * https://dev.mysql.com/doc/refman/8.4/en/server-status-variables.html).
 */
const PULSES = ['Innodb_lsn_current', 'Innodb_log_write_requests'] as const;

/** Where the log ends, on MariaDB and on MySQL 8.0.30 or later: it never falls while the database lives, restarts included. */
const POSITIONS = ['Innodb_lsn_current', 'Innodb_redo_log_current_lsn'] as const;

export type PulseName = (typeof PULSES)[number];

/** The name under which this server has it; `null` where it has none. */
export async function findPulse(db: QueryExecutorProvider): Promise<PulseName | null> {
  for (const name of PULSES) if (isNumber(await readPulse(db, name))) return name;
  return null;
}

export function readPulse(db: QueryExecutorProvider, name: PulseName): Promise<string> {
  return status(db, name);
}

export async function readPosition(db: QueryExecutorProvider): Promise<string | null> {
  for (const name of POSITIONS) {
    const value = await status(db, name);
    if (isNumber(value)) return value;
  }
  return null;
}

const isNumber = (text: string) => /^\d+$/.test(text);

async function status(db: QueryExecutorProvider, name: string): Promise<string> {
  const { rows } = await sql<{ Value: string }>`show global status like ${name}`.execute(db);
  return rows[0]?.Value ?? '';
}
