import { CompiledQuery, type Kysely, type QueryResult } from 'kysely';

import { fault, type AdapterError } from '../../domain/errors.js';
import { CLOSE_MS, oneAtATime, type SqlSession } from './session.js';

/** A Kysely of the caller's, of whatever tables. Connections are borrowed from it one by one, and it is never destroyed. */
export interface OwnKysely {
  connection(): { execute<T>(work: (db: LentDb) => Promise<T>): Promise<T> };
}

export interface LentDb {
  withoutPlugins(): LentDb;
  executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>>;
}

/** How an engine makes a borrowed connection its own, and puts back what it has changed. */
export interface Borrowing {
  readonly kyselyOver: (
    run: (text: string, parameters: readonly unknown[]) => Promise<QueryResult<unknown>>,
  ) => Kysely<object>;
  /** Fixes the settings. Answers what undoes that, locks and open transactions included. */
  readonly configure: (db: Kysely<object>) => Promise<() => Promise<unknown>>;
  readonly idOf: (db: Kysely<object>) => Promise<number>;
  readonly toFault: (error: unknown) => AdapterError;
  /** How long to wait for a connection. */
  readonly timeoutMs: number;
}

/**
 * A session on a connection that is the caller's. It goes back as it came, once what runs on it has ended: it cannot be cut off,
 * so a statement given up ends by the server's limits. Nobody tells when it is lost, but the next statement does.
 */
export async function borrowSession(
  own: OwnKysely,
  borrowing: Borrowing,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
): Promise<SqlSession> {
  const lent = await borrow(own, signal, borrowing);
  let state: 'opening' | 'open' | 'ended' = 'opening';
  const run = async (text: string, parameters: readonly unknown[]) => {
    try {
      const result = await lent.db.executeQuery(CompiledQuery.raw(text, [...parameters]));
      // A dialect that expects one statement finds no rows in the answer to several.
      return { ...result, rows: (result.rows as unknown[] | undefined) ?? [] };
    } catch (error) {
      const meaning = borrowing.toFault(error);
      if (meaning.code === 'ClinicUnreachable') {
        const wasOpen = state === 'open';
        state = 'ended';
        if (wasOpen) onLost(meaning);
      }
      throw error;
    }
  };
  const db = borrowing.kyselyOver(run);
  const inTurn = oneAtATime(db);
  let putBack: () => Promise<unknown> = () => Promise.resolve();
  let returning: Promise<void> | undefined;
  const giveBack = () =>
    (returning ??= inTurn(() => putBack())
      .catch(() => undefined)
      .then(lent.giveBack));
  const drop = () => {
    state = 'ended';
    void giveBack();
  };
  const settle = async () => {
    putBack = await inTurn(borrowing.configure);
    const number = await inTurn(borrowing.idOf);
    if (signal.aborted) throw fault('Aborted');
    return number;
  };
  const id = await settle().catch((error: unknown): never => {
    drop();
    throw error instanceof Error && 'retryable' in error ? error : borrowing.toFault(error);
  });
  state = 'open';
  return {
    id,
    // The bytes are the caller's driver's.
    received: Number.NaN,
    run: (work) => inTurn((each) => (state === 'ended' ? Promise.reject(fault('ClinicUnreachable')) : work(each))),
    get ended() {
      return state === 'ended';
    },
    drop,
    close: async () => {
      state = 'ended';
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([giveBack(), late]);
      clearTimeout(timer);
    },
  };
}

interface Lent {
  readonly db: LentDb;
  giveBack(): void;
}

/** Holds a connection until it is given back. One that comes too late goes straight back. */
function borrow(own: OwnKysely, signal: AbortSignal, { toFault, timeoutMs }: Borrowing): Promise<Lent> {
  return new Promise((resolve, reject) => {
    let over = false;
    const giveUp = (code: 'Aborted' | 'ClinicTimeout') => () => {
      settle();
      reject(fault(code));
    };
    const onAbort = giveUp('Aborted');
    const timer = setTimeout(giveUp('ClinicTimeout'), timeoutMs);
    const settle = () => {
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort);
    const hold = (db: LentDb) =>
      new Promise<void>((giveBack) => {
        if (over) giveBack();
        else resolve({ db: db.withoutPlugins(), giveBack });
        settle();
      });
    own
      .connection()
      .execute(hold)
      .catch((error: unknown) => {
        settle();
        reject(toFault(error));
      });
  });
}

/** Where connections come from: the caller's Kysely, or a pool of theirs, over which one is made. */
export type Own<Pool> = { readonly kysely: OwnKysely } | { readonly pool: Pool };

/** Whether connections are the caller's. */
export function isOwn<Pool>(given: object | string): given is Own<Pool> {
  return typeof given === 'object' && ('kysely' in given || 'pool' in given);
}
