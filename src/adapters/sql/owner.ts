import type { Kysely, QueryExecutorProvider } from 'kysely';
import type { ResultAsync } from 'neverthrow';

import { fault, type AdapterError } from '../../domain/errors.js';
import type { SessionPool } from './pool.js';
import { attempt, orAborted } from './results.js';
import { CLOSE_MS, type SqlSession } from './session.js';

type Work<T> = (db: Kysely<object>) => Promise<T>;

/** The session that holds the clinic's lock and watches the pulse. Its statements are short, but for its waits. */
export interface Owner {
  /** A wait in the server may keep the session busy for seconds. */
  readonly isWaiting: boolean;
  /** An aborted statement is left to end by itself: the session is the lock. */
  ask<T>(signal: AbortSignal, work: Work<T>): ResultAsync<T, AdapterError>;
  wait<T>(signal: AbortSignal, work: Work<T>): ResultAsync<T, AdapterError>;
  /**
   * Ends a wait under way. Without this the server would keep the session of a client that has gone, and with it the lock, for as
   * long as the wait was to last: whoever comes next would find the clinic in use. Takes no longer than a goodbye may.
   */
  endWait(readers: SessionPool): Promise<void>;
}

export interface OwnerEngine {
  readonly toFault: (error: unknown) => AdapterError;
  /** Ends the statement that another session of this login runs. Engines that wait in the server have it. */
  readonly endStatement?: (db: QueryExecutorProvider, id: number) => Promise<unknown>;
}

const nothing = () => undefined;

export function ownerOver(session: SqlSession, { toFault, endStatement }: OwnerEngine): Owner {
  let waiting = 0;
  const ask = <T>(signal: AbortSignal, work: Work<T>, wait = 0) =>
    attempt(
      signal,
      () => {
        waiting += wait;
        const running = session.run((db) => (signal.aborted ? Promise.reject(fault('Aborted')) : work(db)));
        const counted = running.finally(() => {
          waiting -= wait;
        });
        return orAborted(signal, counted, nothing);
      },
      toFault,
    );
  const endIt = async (readers: SessionPool, soon: AbortSignal) => {
    const reader = await readers.acquire(soon);
    try {
      await reader.run(async (db) => endStatement?.(db, session.id));
    } finally {
      readers.release(reader);
    }
    await session.run(() => Promise.resolve());
  };
  return {
    get isWaiting() {
      return waiting > 0;
    },
    ask,
    wait: (signal, work) => ask(signal, work, 1),
    endWait: async (readers) => {
      if (waiting === 0 || session.ended || !endStatement) return;
      const soon = AbortSignal.timeout(CLOSE_MS);
      await orAborted(soon, endIt(readers, soon), nothing).catch(nothing);
    },
  };
}
