import { sql, type Kysely } from 'kysely';

import type { BegunSnapshot } from '../sql/snapshot.js';
import type { Pulse } from './pulse.js';

/** A transaction in which every statement sees the moment of the first one. The pulse is read before, so it is never younger. */
export async function beginSnapshot(
  db: Kysely<object>,
  tables: readonly { readonly path: readonly string[] }[],
  pulse: Pulse | null,
): Promise<BegunSnapshot> {
  const read = pulse === null ? null : await pulse.read(db);
  await sql`set transaction isolation level snapshot; begin transaction`.execute(db);
  const end = () =>
    sql`if @@trancount > 0 rollback transaction; set transaction isolation level read committed`.execute(db);
  try {
    // The moment is that of the first look at rows.
    for (const { path } of tables) await sql`select top (1) 1 as one from ${sql.id(...path)}`.execute(db);
  } catch (error) {
    await end().catch(() => undefined);
    throw error;
  }
  return { reader: db, end, pulse: read };
}
