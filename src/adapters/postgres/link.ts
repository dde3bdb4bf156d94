import { EventEmitter } from 'eventemitter3';
import type { Kysely } from 'kysely';
import { okAsync, ResultAsync } from 'neverthrow';

import { fault, type AdapterError } from '../../domain/errors.js';
import type { ClinicLink, LinkEvents } from '../adapter.js';
import { bindSchema } from '../sql/check.js';
import { NewestIds } from '../sql/newest.js';
import { attempt, orAborted } from '../sql/results.js';
import type { Source } from '../sql/source.js';
import { idLeadsIndex, postgresCatalog } from './catalog.js';
import { withServerHash } from './digest.js';
import { POSTGRES_ENGINE } from './engine.js';
import { toFault } from './errors.js';
import type { ResolvedPostgresOptions } from './options.js';
import { openPool, type SessionPool } from './pool.js';
import { readPulse, waitForPulse } from './pulse.js';
import { listen } from './push.js';
import { postgresReader, runInPool } from './reader.js';
import { clock, examine, takeOwnership, type Server } from './server.js';
import { openSession, type Session } from './session.js';
import { openSnapshot } from './snapshot.js';
import { postgresWriter } from './writer.js';

const nothing = () => undefined;

/**
 * A link's connections: one that holds the clinic's lock and watches the pulse, a few that read rows, and with push one that
 * listens. Throws; leaves nothing open when it does.
 */
export async function openLink(
  options: ResolvedPostgresOptions,
  clinicId: string,
  signal: AbortSignal,
): Promise<ClinicLink> {
  const events = new EventEmitter<LinkEvents>();
  let ended = false;
  const onLost = (error: AdapterError) => {
    if (ended) return;
    ended = true;
    events.emit('lost', error);
  };
  const owner = await openSession(options, signal, onLost);
  const pool = openPool(options, onLost);
  // Its end alone does not mean that the clinic is gone: it may have a login of its own, which may be locked out.
  const writing = options.write ? openPool(options, nothing, 'write') : undefined;
  let listener: Session | undefined;
  const close = async () => {
    ended = true;
    push?.close();
    await Promise.all([owner.close(), listener?.close(), pool.close(), writing?.close()]);
  };
  let push: { close(): void } | undefined;
  try {
    const prepare = owner.run(async (db) => {
      const ownership = await takeOwnership(db, clinicId);
      const { sources, target } = await bindSchema(options.schema, POSTGRES_ENGINE, postgresCatalog(db));
      const newest = await NewestIds.from(db, sources, (source) => idLeadsIndex(db, source));
      const server = await examine(db);
      const hashed = sources.map((each) => withServerHash(each, server.hasTextHash, server.utf8));
      return { sources: hashed, target, ownership, newest, server };
    });
    const { sources, target, ownership, newest, server } = await orAborted(signal, prepare, owner.drop);
    if (options.push === 'trigger') {
      listener = await openSession(options, signal, onLost);
      push = await listen({
        session: listener,
        channel: options.pushChannel,
        sources,
        onHint: (scope) => events.emit('hint', scope),
        onDead: () => events.emit('pushLost'),
      });
      if (!push) await listener.close();
    }
    if (ended) throw fault('ClinicUnreachable');
    // A session opened after the end would answer from a server that may be another one by now, without the clinic's lock.
    const alive = (sessions: SessionPool): SessionPool => ({
      ...sessions,
      acquire: (aborted) => (ended ? Promise.reject(fault('ClinicUnreachable')) : sessions.acquire(aborted)),
    });
    const living = alive(pool);
    const link = linkOver({
      options,
      events,
      owner,
      pool: living,
      sources,
      newest,
      server,
      push: push !== undefined,
      close,
    });
    return writing && target ? { ...link, writer: postgresWriter(alive(writing), sources, target, ownership) } : link;
  } catch (error) {
    await close().catch(nothing);
    throw error;
  }
}

interface Parts {
  readonly options: ResolvedPostgresOptions;
  readonly events: EventEmitter<LinkEvents>;
  readonly owner: Session;
  readonly pool: SessionPool;
  readonly sources: readonly Source[];
  readonly newest: NewestIds | undefined;
  readonly server: Server;
  readonly push: boolean;
  readonly close: () => Promise<void>;
}

function linkOver({ options, events, owner, pool, sources, newest, server, push, close }: Parts): ClinicLink {
  const { snapshot, canWait } = server;
  const inPool = runInPool(pool);
  let waiting = 0;
  let closing: Promise<void> | undefined;
  // The owner's statements are short and its session is the lock, so an aborted one is left to end by itself.
  const onOwner = <T>(signal: AbortSignal, work: (db: Kysely<object>) => Promise<T>, wait = 0) =>
    attempt(
      signal,
      () => {
        waiting += wait;
        const running = owner.run((db) => (signal.aborted ? Promise.reject(fault('Aborted')) : work(db)));
        const counted = running.finally(() => {
          waiting -= wait;
        });
        return orAborted(signal, counted, nothing);
      },
      toFault,
    );

  return {
    ...postgresReader(inPool, sources),
    identity: server.identity,
    events,
    push,
    // A wait in the server may keep the owner's session busy for seconds.
    now: (signal) => (waiting > 0 ? inPool(signal, clock) : onOwner(signal, clock)),
    ...(snapshot === null ? {} : { pulse: (signal: AbortSignal) => onOwner(signal, (db) => readPulse(db, snapshot)) }),
    ...(snapshot === null || !canWait
      ? {}
      : {
          awaitPulse: (base: string, maxWaitMs: number, signal: AbortSignal) => {
            const longest = Math.min(maxWaitMs, options.statementTimeoutMs / 2);
            return onOwner(signal, (db) => waitForPulse(db, snapshot, base, longest), 1);
          },
        }),
    ...(newest && { newKeys: (signal: AbortSignal) => onOwner(signal, (db) => newest.next(db)) }),
    openSnapshot: (signal) => attempt(signal, () => openSnapshot(pool, sources, server.snapshot, signal), toFault),
    close: () => ResultAsync.fromSafePromise((closing ??= close().catch(nothing))).orElse(() => okAsync()),
  };
}
