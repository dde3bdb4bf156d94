import { setTimeout as pause } from 'node:timers/promises';

import type { Kysely } from 'kysely';
import type { ResultAsync } from 'neverthrow';

import { ClinicSyncError, type AdapterError } from '../../domain/errors.js';
import type { Unsent } from '../writer.js';
import type { SessionPool } from './pool.js';
import { attempt, orAborted } from './results.js';
import type { During } from './during.js';
import { LOCK_TIMEOUT_MS } from './session.js';

type Work<T> = (db: Kysely<object>) => Promise<T>;

/** Runs work on the session that writes. */
export interface InWriteSession {
  /** Says so where no session could be had: then nothing was sent. */
  write<T>(signal: AbortSignal, work: Work<T>): ResultAsync<T | Unsent, AdapterError>;
  look<T>(signal: AbortSignal, work: Work<T>): ResultAsync<T, AdapterError>;
}

/**
 * Whether a statement that failed can be sent again, the server having undone the whole of it: `at-once` where it lost to another,
 * `soon` where it would have had to wait for somebody's lock and did not.
 */
export type Again = 'at-once' | 'soon' | 'never';

/** How often a statement is sent that the server undid for the sake of another. */
const MAX_ATTEMPTS = 3;
/** How long until somebody's lock is tried again. */
const LOCK_PAUSE_MS = 20;

/** An aborted statement drops its connection: the server runs it to its end all the same. */
export function inWriteSession(
  pool: SessionPool,
  toFault: (error: unknown, during: During) => AdapterError,
  againAfter: (error: unknown) => Again,
): InWriteSession {
  const insist = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    for (let undone = 0; ;) {
      try {
        return await work();
      } catch (error) {
        const again = againAfter(error);
        const isOver = again === 'soon' ? performance.now() - began >= LOCK_TIMEOUT_MS : ++undone === MAX_ATTEMPTS;
        if (again === 'never' || isOver) throw error;
        if (again === 'soon') await pause(LOCK_PAUSE_MS, undefined, { signal });
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
            insist(signal, () => session.run(work)),
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
