import { sql, type Kysely } from 'kysely';

/**
 * A number that changes when another connection has committed. It is exact, and comparable only within one connection
 * (https://sqlite.org/pragma.html#pragma_data_version), so a link reads it on one connection that does nothing else.
 */
export async function dataVersion(db: Kysely<object>): Promise<string> {
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(db);
  return String(rows[0]?.data_version);
}
