import { sql, type Kysely } from 'kysely';

import type { BegunSnapshot } from '../sql/snapshot.js';
import { readPulse, type PulseName } from './pulse.js';

/** A transaction in which every statement sees the same moment. The pulse is read first, so it may be older and never younger. */
export async function beginSnapshot(db: Kysely<object>, name: PulseName | null): Promise<BegunSnapshot> {
  const pulse = name === null ? null : await readPulse(db, name);
  await sql`start transaction with consistent snapshot, read only`.execute(db);
  return { reader: db, end: () => sql`rollback`.execute(db), pulse };
}
