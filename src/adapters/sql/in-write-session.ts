import type { Kysely } from 'kysely';
import type { ResultAsync } from 'neverthrow';

import { ClinicSyncError, type AdapterError } from '../../domain/errors.js';
import type { Unsent } from '../writer.js';
import type { SessionPool } from './pool.js';
import { attempt, orAborted } from './results.js';
import type { During } from './during.js';

type Work<T> = (db: Kysely<object>) => Promise<T>;

/** Runs work on the session that writes. */
export interface InWriteSession {
  /** Says so where no session could be had: then nothing was sent. */
  write<T>(signal: AbortSignal, work: Work<T>): ResultAsync<T | Unsent, AdapterError>;
  look<T>(signal: AbortSignal, work: Work<T>): ResultAsync<T, AdapterError>;
}

/** How often a statement is sent that the server undid for the sake of another. */
const MAX_ATTEMPTS = 3;

/**
 * An aborted statement drops its connection: the server runs it to its end all the same. `isUndone`: the server has undone the
 * whole statement for the sake of another one, so that it can be sent again.
 */
export function inWriteSession(
  pool: SessionPool,
  toFault: (error: unknown, during: During) => AdapterError,
  isUndone: (error: unknown) => boolean,
): InWriteSession {
  const insist = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempts = 1; ; attempts++) {
      try {
        return await work();
      } catch (error) {
        if (attempts === MAX_ATTEMPTS || !isUndone(error)) throw error;
      }
    }
  };
  const run = <T, U>(signal: AbortSignal, work: Work<T>, unsent: (error: AdapterError) => U) =>
    attempt<T | U>(
      signal,
      async () => {
        const session = await pool.acquire(signal).catch((error: unknown) => {
          return error instanceof ClinicSyncError ? (error as AdapterError) : toFault(error, 'connecting');
        });
        if ('code' in session) return unsent(session);
        try {
          return await orAborted(
            signal,
            insist(() => session.run(work)),
            session.drop,
          );
        } finally {
          pool.release(session);
        }
      },
      (error) => toFault(error, 'writing'),
    );
  return {
    write: (signal, work) => run(signal, work, (error): Unsent => ({ outcome: 'unsent', error })),
    look: (signal, work) =>
      run(signal, work, (error): never => {
        throw error;
      }),
  };
}
