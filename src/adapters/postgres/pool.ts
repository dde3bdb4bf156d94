import { Pool } from 'tarn';

import { fault, type AdapterError } from '../../domain/errors.js';
import { orAborted } from '../sql/results.js';
import type { ResolvedPostgresOptions } from './options.js';
import { LOCK_TIMEOUT_MS, openSession, type Session } from './session.js';

/** The sessions that read rows, or the one that writes them: opened when needed, closed when idle. */
export interface SessionPool {
  /** Gives up waiting for a session when the signal fires. */
  acquire(signal: AbortSignal): Promise<Session>;
  release(session: Session): void;
  /** Closes all sessions, also those in use. */
  close(): Promise<void>;
}

const IDLE_MS = 30_000;
const REAP_MS = 5_000;

export function openPool(
  options: ResolvedPostgresOptions,
  onLost: (error: AdapterError) => void,
  access: 'read' | 'write' = 'read',
): SessionPool {
  const closing = new AbortController();
  const opened = new Set<Session>();
  const pool = new Pool<Session>({
    create: async () => {
      const session = await openSession(options, closing.signal, onLost, access);
      opened.add(session);
      return session;
    },
    validate: (session) => !session.ended,
    destroy: (session: Session) => {
      opened.delete(session);
      return session.close();
    },
    min: 0,
    // Bookings of one clinic one after the other: each sees what the one before it has committed.
    max: access === 'read' ? options.readConnections : 1,
    acquireTimeoutMillis: options.connectTimeoutMs + options.statementTimeoutMs,
    createTimeoutMillis: options.connectTimeoutMs + LOCK_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
    reapIntervalMillis: REAP_MS,
    propagateCreateError: true,
  });
  return {
    acquire: (signal) => {
      if (closing.signal.aborted) return Promise.reject(fault('ClinicUnreachable'));
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
      // The pool's own end waits until everything in use was given back, which a forgotten snapshot never is.
      void pool.destroy();
      await Promise.all([...opened].map((session) => session.close()));
    },
  };
}
