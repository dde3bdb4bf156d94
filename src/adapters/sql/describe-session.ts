import type { Kysely } from 'kysely';

import { orAborted } from './results.js';
import type { SqlSession } from './session.js';

/** Runs work on a session of its own, beside whatever link there is, and closes it. */
export async function onOwnSession<T>(
  open: () => Promise<SqlSession>,
  signal: AbortSignal,
  work: (db: Kysely<object>) => Promise<T>,
): Promise<T> {
  const session = await open();
  try {
    return await orAborted(signal, session.run(work), session.drop);
  } finally {
    await session.close();
  }
}
