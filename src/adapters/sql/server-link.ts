import { EventEmitter } from 'eventemitter3';
import type { Kysely, QueryExecutorProvider } from 'kysely';
import { okAsync, ResultAsync } from 'neverthrow';

import { fault, type AdapterError } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { ClinicIdentity, ClinicLink, LinkEvents } from '../adapter.js';
import type { ClinicWriter } from '../writer.js';
import { attended } from './attended.js';
import type { KeySource } from './newest.js';
import { ownerOver, type Owner, type OwnerEngine } from './owner.js';
import { openPool, type SessionPool } from './pool.js';
import { runInPool, sqlReader, type ReadDigests } from './reader.js';
import { attempt, orAborted } from './results.js';
import type { Access, SqlSession } from './session.js';
import type { SketchEngine } from './sketch/read.js';
import { sketchesOf } from './sketch/sketches.js';
import { openSnapshot, type BegunSnapshot } from './snapshot.js';
import type { ClinicTables } from './tables.js';

type OnLost = (error: AdapterError) => void;

/** What differs between database servers when a link is opened. */
export interface ServerEngine extends OwnerEngine {
  /** Connects and fixes the session's settings. `onLost` hears of an end that we did not ask for, at most once. */
  openSession(signal: AbortSignal, onLost: OnLost, access: Access): Promise<SqlSession>;
  /** Takes the clinic's lock for the session's life, finds the mapped tables, and measures what the logins can do. */
  prepare(db: Kysely<object>, asWriter?: RunAs): Promise<Prepared>;
  readonly clock: (db: QueryExecutorProvider) => Promise<Instant>;
  /** Whether the server is at work on a statement of another session of this login, or on sending its answer. */
  readonly isBusy: (db: QueryExecutorProvider, id: number) => Promise<boolean>;
  /** Opens what tells of changes unasked; `undefined` where it is not to be had. */
  readonly listen?: (
    tables: ClinicTables,
    events: EventEmitter<LinkEvents>,
    onLost: OnLost,
    signal: AbortSignal,
  ) => Promise<{ close(): Promise<void> } | undefined>;
}

/** Runs work on a session of the login that writes. */
export type RunAs = <T>(work: (db: Kysely<object>) => Promise<T>) => Promise<T>;

export interface Prepared {
  readonly identity: ClinicIdentity;
  readonly tables: ClinicTables;
  readonly newest: KeySource | undefined;
  readonly digest: ReadDigests;
  readonly sketch: SketchEngine;
  /** The one pulse that this server and these tables have; `null`: none. */
  readonly pulse: ((db: QueryExecutorProvider) => Promise<string>) | null;
  readonly awaitPulse?: (db: Kysely<object>, base: string, maxWaitMs: number, everyMs?: number) => Promise<string>;
  readonly beginSnapshot?: (db: Kysely<object>) => Promise<BegunSnapshot>;
  readonly writer?: (pool: SessionPool) => ClinicWriter;
}

export interface ServerLinkOptions {
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
  readonly writes: boolean;
}

const nothing = () => undefined;

/**
 * A link to a database server: one connection that holds the clinic's lock and watches the pulse, a few that read rows, one that
 * writes, and with push one that listens. Throws; leaves nothing open when it does.
 */
export async function openServerLink(
  engine: ServerEngine,
  options: ServerLinkOptions,
  signal: AbortSignal,
): Promise<ClinicLink> {
  const events = new EventEmitter<LinkEvents>();
  let ended = false;
  const onLost = (error: AdapterError) => {
    if (ended) return;
    ended = true;
    events.emit('lost', error);
  };
  const holder = await engine.openSession(signal, onLost, 'read');
  const owner = ownerOver(holder, engine);
  const pool = openPool({
    ...options,
    max: options.readConnections,
    open: async (aborted) =>
      attended(await engine.openSession(aborted, onLost, 'read'), (id) => holder.run((db) => engine.isBusy(db, id))),
  });
  // Connecting takes as many round trips as a whole resync: the first reader's go on beside the owner's look at the database. If that
  // fails, whoever needs a reader will hear why.
  void pool.acquire(signal).then(pool.release, nothing);
  // One: bookings of a clinic go one after the other, so that each sees what the one before it has committed. Its end alone does
  // not mean that the clinic is gone: it may have a login of its own, which may be locked out.
  const writing = openPool({
    ...options,
    max: 1,
    open: (aborted) => engine.openSession(aborted, nothing, 'write'),
  });
  let push: { close(): Promise<void> } | undefined;
  const close = async () => {
    ended = true;
    await owner.endWait(pool);
    await Promise.all([holder.close(), push?.close(), pool.close(), writing.close()]);
  };
  const asWriter: RunAs = async (work) => {
    const session = await writing.acquire(signal);
    try {
      return await session.run(work);
    } finally {
      writing.release(session);
    }
  };
  try {
    const prepared = await orAborted(
      signal,
      holder.run((db) => engine.prepare(db, options.writes ? asWriter : undefined)),
      holder.drop,
    );
    push = await engine.listen?.(prepared.tables, events, onLost, signal);
    if (ended) throw fault('ClinicUnreachable');
    // Whoever asked has gone, and nobody else would close it.
    if (signal.aborted) throw fault('Aborted');
    // A session opened after the end would answer from a server that may be another one by now, without the clinic's lock.
    const alive = (sessions: SessionPool): SessionPool => ({
      ...sessions,
      acquire: (aborted) => (ended ? Promise.reject(fault('ClinicUnreachable')) : sessions.acquire(aborted)),
    });
    const parts = { engine, options, events, owner, pool: alive(pool), prepared, push: push !== undefined, close };
    const writer = options.writes ? prepared.writer?.(alive(writing)) : undefined;
    return { ...linkOver(parts), ...(writer && { writer }) };
  } catch (error) {
    await close().catch(nothing);
    throw error;
  }
}

interface Parts {
  readonly engine: ServerEngine;
  readonly options: ServerLinkOptions;
  readonly events: EventEmitter<LinkEvents>;
  readonly owner: Owner;
  readonly pool: SessionPool;
  readonly prepared: Prepared;
  readonly push: boolean;
  readonly close: () => Promise<void>;
}

function linkOver({ engine, options, events, owner, pool, prepared, push, close }: Parts): ClinicLink {
  const { digest, newest, pulse, awaitPulse, beginSnapshot } = prepared;
  const tables = { ...prepared.tables, sketches: sketchesOf(prepared.tables, prepared.sketch) };
  const { clock, toFault } = engine;
  const inPool = runInPool(pool, toFault);
  let closing: Promise<void> | undefined;

  return {
    ...sqlReader(inPool, tables, digest),
    sketchIds: tables.sketches.ids,
    identity: prepared.identity,
    events,
    push,
    now: (signal) => (owner.isWaiting ? inPool(signal, clock) : owner.ask(signal, clock)),
    ...(pulse && { pulse: (signal: AbortSignal) => owner.ask(signal, pulse) }),
    ...(awaitPulse && {
      awaitPulse: (base: string, maxWaitMs: number, signal: AbortSignal, everyMs?: number) =>
        owner.wait(signal, (db) => awaitPulse(db, base, Math.min(maxWaitMs, options.statementTimeoutMs / 2), everyMs)),
    }),
    ...(newest && { newKeys: (signal: AbortSignal) => owner.ask(signal, (db) => newest.next(db)) }),
    ...(beginSnapshot && {
      openSnapshot: (signal: AbortSignal) =>
        attempt(signal, () => openSnapshot({ pool, tables, digest, toFault, begin: beginSnapshot }, signal), toFault),
    }),
    close: () => ResultAsync.fromSafePromise((closing ??= close().catch(nothing))).orElse(() => okAsync()),
  };
}
