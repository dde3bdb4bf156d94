import type { Kysely } from 'kysely';

/** One connection to a clinic's server. */
export interface SqlSession {
  /** The server's own number of it. */
  readonly id: number;
  /** How many bytes have come from the server. */
  readonly received: number;
  /** One piece of work at a time, in the order of asking; a connection runs one statement at a time anyway. */
  run<T>(work: (db: Kysely<object>) => Promise<T>): Promise<T>;
  /** True once it is of no use any more. */
  readonly ended: boolean;
  /** Drops the connection at once. A statement under way ends at the server by its own timeouts. */
  drop(): void;
  /** Says goodbye and closes, within a second or so. */
  close(): Promise<void>;
}

/** What a session is opened for: readers are forbidden to write, writers have shorter limits. */
export type Access = 'read' | 'write';

/** Reading may take long; a statement that writes may not, because a receptionist can wait for it. */
export const WRITE_TIMEOUT_MS = 3_000;
/** How long a statement of ours waits for somebody's lock. */
export const LOCK_TIMEOUT_MS = 2_000;
/** How long a goodbye may take. */
export const CLOSE_MS = 1_000;

export function oneAtATime(db: Kysely<object>): SqlSession['run'] {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = tail.then(() => work(db));
    tail = mine.catch(() => undefined);
    return mine;
  };
}
