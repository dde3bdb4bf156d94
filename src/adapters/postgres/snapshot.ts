import { okAsync, ResultAsync } from 'neverthrow';
import { sql } from 'kysely';

import type { ClinicSnapshot } from '../adapter.js';
import { attempt, orAborted } from '../sql/results.js';
import type { Source } from '../sql/source.js';
import { toFault } from './errors.js';
import type { SessionPool } from './pool.js';
import { readPulse } from './pulse.js';
import { postgresReader } from './reader.js';
import type { Server } from './server.js';

/** A read-only transaction in which every statement sees what the first one saw; its pulse is that first one. */
export async function openSnapshot(
  pool: SessionPool,
  sources: readonly Source[],
  snapshot: Server['snapshot'],
  signal: AbortSignal,
): Promise<ClinicSnapshot> {
  const session = await pool.acquire(signal);
  const begin = session.run(async (db) => {
    const begun = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute();
    // The first statement fixes what is seen, so without a pulse there still has to be one.
    const pulse = snapshot === null ? (await sql`select 1`.execute(begun), null) : await readPulse(begun, snapshot);
    return { begun, pulse };
  });
  try {
    const { begun, pulse } = await orAborted(signal, begin, session.drop);
    let open = true;
    const close = async () => {
      if (!open) return;
      open = false;
      try {
        if (!session.ended) await session.run(() => begun.rollback().execute());
      } catch {
        session.drop();
      }
      pool.release(session);
    };
    return {
      ...postgresReader(
        (aborted, work) =>
          attempt(
            aborted,
            () =>
              orAborted(
                aborted,
                session.run(() => work(begun)),
                session.drop,
              ),
            toFault,
          ),
        sources,
      ),
      pulse,
      close: () => ResultAsync.fromSafePromise(close()).orElse(() => okAsync()),
    };
  } catch (error) {
    session.drop();
    pool.release(session);
    throw error;
  }
}
