import { fault, type ClinicLink, type LinkEvents } from 'clinic-sync';
import { EventEmitter } from 'eventemitter3';
import { ResultAsync } from 'neverthrow';

import { clockOf } from './clock.js';
import type { FirebirdOptions } from './options.js';
import { OwnTransactions } from './own-transactions.js';
import { openPool, type SessionPool } from './pool.js';
import { prepare } from './prepare.js';
import { Pulse } from './pulse.js';
import { listen } from './hints.js';
import { firebirdReader, type InOneMoment } from './reader.js';
import { attempt, orAborted } from './results.js';
import { Session } from './session.js';
import { openSnapshot } from './snapshot.js';
import { firebirdWriter } from './writer.js';

const READERS = 2;

/**
 * One connection for the clock and the pulse, two at the most that read rows, one that writes, and one that listens. Throws, and
 * leaves nothing open then.
 */
export async function openLink(options: FirebirdOptions, signal: AbortSignal): Promise<ClinicLink> {
  const { connection, schema, write = false, event } = options;
  const events = new EventEmitter<LinkEvents>();
  let isOver = false;
  const lost = () => {
    if (isOver) return;
    isOver = true;
    events.emit('lost', fault('ClinicUnreachable'));
  };
  const readAs = (aborted: AbortSignal, onEnd: () => void) => Session.open(connection, connection, aborted, onEnd);
  // A session opened after the end would answer from a server that may be another one by now.
  const alive = (pool: SessionPool): SessionPool => ({
    ...pool,
    acquire: (aborted) => (isOver ? Promise.reject(fault('ClinicUnreachable')) : pool.acquire(aborted)),
  });
  const login = typeof write === 'object' ? write : connection;
  const readers = openPool(READERS, (aborted) => readAs(aborted, lost));
  // Bookings of a clinic go one after the other, so that each sees what the one before it has committed.
  const writers = openPool(1, (aborted) => Session.open(connection, login, aborted, () => {}));
  const owner = await readAs(signal, lost);
  let push: { close(): Promise<void> } | undefined;
  let closing: Promise<unknown> | undefined;
  const close = () => {
    isOver = true;
    return (closing ??= Promise.all([owner.close(), push?.close(), readers.close(), writers.close()]));
  };

  try {
    const own = new OwnTransactions();
    const prepared = await orAborted(signal, prepare(owner, own, schema), () => owner.drop());
    const { sources, identity, hasPulse } = prepared;
    // The event's own connection goes to another port, which a router may not let through: then there is the pulse.
    const heard = event === undefined ? undefined : readAs(signal, () => events.emit('pushLost'));
    push = await heard?.then((session) => listen(session, event ?? '', events)).catch(() => undefined);
    if (signal.aborted) throw fault('Aborted');
    const inOneMoment = readingIn(alive(readers), own);
    const pulse = hasPulse ? new Pulse(owner, own) : undefined;
    const clock = clockOf(schema);
    // The owner's statements are short, so one that is given up ends by itself.
    const onOwner = <T>(aborted: AbortSignal, work: () => Promise<T>) =>
      attempt(aborted, 'reading', () => {
        if (isOver) throw fault('ClinicUnreachable');
        return orAborted(aborted, work(), () => {});
      });
    if (isOver) throw fault('ClinicUnreachable');
    return {
      identity,
      events,
      push: push !== undefined,
      ...firebirdReader(sources, inOneMoment),
      now: (aborted) => onOwner(aborted, () => clock.read(owner)),
      ...(pulse && { pulse: (aborted: AbortSignal) => onOwner(aborted, () => pulse.read()) }),
      openSnapshot: (aborted) => openSnapshot({ pool: alive(readers), own, pulse, sources }, aborted),
      ...(write !== false && { writer: firebirdWriter(alive(writers), sources, clock, prepared.booking) }),
      close: () => ResultAsync.fromSafePromise(close()).map(() => undefined),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function readingIn(pool: SessionPool, own: OwnTransactions): InOneMoment {
  return (signal, work) =>
    attempt(signal, 'reading', async () => {
      const session = await pool.acquire(signal);
      const read = async () => {
        const transaction = await own.begin(session);
        try {
          return await work((sql) => session.query(transaction, sql));
        } finally {
          // Nobody waits for the commit but the next one who uses this session.
          void session.end(transaction);
        }
      };
      try {
        return await session.abortable(signal, read());
      } finally {
        pool.release(session);
      }
    });
}
