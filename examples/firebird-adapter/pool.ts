import { fault } from 'clinic-sync';
import { Pool } from 'tarn';

import { orAborted } from './results.js';
import type { Session } from './session.js';

/** Sessions that are opened when they are needed, and closed when nobody has used them for a while. */
export interface SessionPool {
  /** Gives up waiting for a session when the signal fires. */
  acquire(signal: AbortSignal): Promise<Session>;
  release(session: Session): void;
  /** Closes all sessions, also those in use. */
  close(): Promise<void>;
}

const IDLE_MS = 30_000;
const ACQUIRE_MS = 60_000;
const CREATE_MS = 15_000;

export function openPool(max: number, open: (signal: AbortSignal) => Promise<Session>): SessionPool {
  const closing = new AbortController();
  const opened = new Set<Session>();
  const pool = new Pool<Session>({
    create: async () => {
      const session = await open(closing.signal);
      opened.add(session);
      return session;
    },
    validate: (session) => !session.isEnded,
    destroy: (session) => {
      opened.delete(session);
      return session.close();
    },
    min: 0,
    max,
    acquireTimeoutMillis: ACQUIRE_MS,
    createTimeoutMillis: CREATE_MS,
    idleTimeoutMillis: IDLE_MS,
    propagateCreateError: true,
  });
  return {
    acquire: async (signal) => {
      if (closing.signal.aborted) throw fault('ClinicUnreachable');
      const pending = pool.acquire();
      return orAborted(signal, pending.promise, () => {
        pending.abort();
        // A session that came in the same moment would otherwise stay in use for ever.
        pending.promise.then((session) => pool.release(session)).catch(() => undefined);
      });
    },
    release: (session) => {
      pool.release(session);
    },
    close: async () => {
      closing.abort();
      // The pool's own end waits for what is in use, which a forgotten snapshot never gives back.
      void pool.destroy();
      await Promise.all([...opened].map((session) => session.close()));
    },
  };
}
