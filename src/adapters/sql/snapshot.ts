import type { Kysely, QueryExecutorProvider } from 'kysely';
import { okAsync, ResultAsync } from 'neverthrow';

import { fault, type AdapterError } from '../../domain/errors.js';
import type { ClinicSnapshot } from '../adapter.js';
import type { SessionPool } from './pool.js';
import { sqlReader, type ReadableTables, type ReadDigests } from './reader.js';
import { attempt, orAborted } from './results.js';

export interface SnapshotParts {
  readonly pool: SessionPool;
  readonly tables: ReadableTables;
  readonly digest: ReadDigests;
  /** Begins a transaction that reads one moment, and reads the pulse at or before that moment. */
  readonly begin: (db: Kysely<object>) => Promise<BegunSnapshot>;
  readonly toFault: (error: unknown) => AdapterError;
}

export interface BegunSnapshot {
  readonly reader: QueryExecutorProvider;
  readonly end: () => Promise<unknown>;
  readonly pulse: string | null;
}

/** A read-only transaction in which every statement sees what the first one saw. */
export async function openSnapshot(parts: SnapshotParts, signal: AbortSignal): Promise<ClinicSnapshot> {
  const { pool, tables, digest, toFault } = parts;
  const session = await pool.acquire(signal);
  try {
    const { reader, end, pulse } = await orAborted(signal, session.run(parts.begin), session.drop);
    let open = true;
    const close = async () => {
      if (!open) return;
      open = false;
      try {
        if (!session.ended) await session.run(end);
      } catch {
        session.drop();
      }
      pool.release(session);
    };
    return {
      ...sqlReader(
        (aborted, work) =>
          attempt(
            aborted,
            () =>
              orAborted(
                aborted,
                session.run(() => (open ? work(reader) : Promise.reject(fault('ClinicUnreachable')))),
                session.drop,
              ),
            toFault,
          ),
        tables,
        digest,
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
