import { fault } from '../../domain/errors.js';
import { SECOND } from '../../domain/instant.js';
import type { SqlSession } from './session.js';

/** A statement may run for long; an answer whose bytes have stopped coming is asked about this often. */
const LOOK_EVERY_MS = 4 * SECOND;
/** What the server has sent by then may still be on its way. */
const GRACE_MS = SECOND;

/**
 * The same session, whose work ends with `ClinicTimeout` when its connection has died without a word, though others to the same
 * server live: nothing has arrived for a while, and the server, asked over another session, is not busy with it either. Without
 * this a read would wait for the longest time that any read may take, and everything else behind it.
 */
export function attended(session: SqlSession, isBusy: (id: number) => Promise<boolean>): SqlSession {
  return {
    id: session.id,
    get received() {
      return session.received;
    },
    get ended() {
      return session.ended;
    },
    drop: session.drop,
    close: () => session.close(),
    run: async (work) => {
      const watch = watchOver(session, isBusy);
      try {
        return await Promise.race([session.run(work), watch.dead]);
      } finally {
        watch.stop();
      }
    },
  };
}

function watchOver(
  session: SqlSession,
  isBusy: (id: number) => Promise<boolean>,
): { readonly dead: Promise<never>; stop(): void } {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
  const isDead = async () => {
    const before = session.received;
    await wait(LOOK_EVERY_MS);
    if (session.received !== before) return false;
    // Whoever cannot be asked is no witness.
    if (await isBusy(session.id).catch(() => true)) return false;
    if (!over) await wait(GRACE_MS);
    return session.received === before;
  };
  const dead = new Promise<never>((_, reject) => {
    const look = async () => {
      while (!over) {
        if (!(await isDead())) continue;
        session.drop();
        reject(fault('ClinicTimeout', 'A connection to the clinic died without a word.'));
        return;
      }
    };
    void look();
  });
  dead.catch(() => undefined);
  return {
    dead,
    stop: () => {
      over = true;
      // The wait is never resolved, and with it everything here is let go.
      clearTimeout(timer);
    },
  };
}
