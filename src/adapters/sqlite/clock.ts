import { sql, type QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';

/** This machine's clock, since SQLite has no other, with a read of the file: counting the tables reads its first page. */
export async function clock(db: QueryExecutorProvider): Promise<Instant> {
  const { rows } = await sql<{ now: number }>`
    select cast((julianday('now') - 2440587.5) * 86400000.0 + 0.5 as integer) as now, count(*) as tables from sqlite_master
  `.execute(db);
  const now = rows[0]?.now;
  if (typeof now !== 'number') throw fault('ClinicProtocol');
  return now;
}
