import { sql, type Kysely } from 'kysely';

import type { BegunSnapshot } from '../sql/snapshot.js';
import { readPulse } from './pulse.js';

/** A transaction in which every statement sees what the first one saw; the pulse is that first one. */
export async function beginSnapshot(db: Kysely<object>, snapshot: string | null): Promise<BegunSnapshot> {
  await sql`start transaction isolation level repeatable read, read only`.execute(db);
  // The first statement fixes what is seen, so without a pulse there still has to be one.
  const pulse = snapshot === null ? (await sql`select 1`.execute(db), null) : await readPulse(db, snapshot);
  return { reader: db, end: () => sql`rollback`.execute(db), pulse };
}
