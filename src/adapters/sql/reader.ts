import type { QueryExecutorProvider } from 'kysely';
import type { ResultAsync } from 'neverthrow';

import type { Digest } from '../../domain/digest.js';
import type { AdapterError } from '../../domain/errors.js';
import type { ClinicReader, DigestRead } from '../adapter.js';
import type { SessionPool } from './pool.js';
import { readKeys, readRange } from './read.js';
import { attempt, orAborted } from './results.js';
import type { Source } from './source.js';

/** Runs work that reads, somewhere. */
export type RunRead = <T>(
  signal: AbortSignal,
  work: (db: QueryExecutorProvider) => Promise<T>,
) => ResultAsync<T, AdapterError>;

/** The engine's own way to sum up rows. */
export type ReadDigests = (
  db: QueryExecutorProvider,
  sources: readonly Source[],
  read: DigestRead,
) => Promise<readonly Digest[]>;

export function sqlReader(run: RunRead, sources: readonly Source[], digest: ReadDigests): Required<ClinicReader> {
  return {
    readRange: (read) => run(read.signal, (db) => readRange(db, sources, read)),
    readKeys: (read) => run(read.signal, (db) => readKeys(db, sources, read)),
    digest: (read) => run(read.signal, (db) => digest(db, sources, read)),
  };
}

/**
 * On a session of the pool. An aborted read drops its connection, which is the only way to be rid of what still arrives; the
 * server notices when it next writes to it, or by the statement's timeout.
 */
export function runInPool(pool: SessionPool, toFault: (error: unknown) => AdapterError): RunRead {
  return (signal, work) =>
    attempt(
      signal,
      async () => {
        const session = await pool.acquire(signal);
        try {
          return await orAborted(signal, session.run(work), session.drop);
        } finally {
          pool.release(session);
        }
      },
      toFault,
    );
}
