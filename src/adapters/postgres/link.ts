import type { EventEmitter } from 'eventemitter3';
import type { Kysely } from 'kysely';

import type { AdapterError } from '../../domain/errors.js';
import type { ClinicLink, LinkEvents } from '../adapter.js';
import { bindSchema } from '../sql/check.js';
import { NewestIds } from '../sql/newest.js';
import { orAborted } from '../sql/results.js';
import { mustDecode } from '../sql/sample.js';
import { openServerLink, type Prepared } from '../sql/server-link.js';
import { mapSources, watchedTables, type ClinicTables } from '../sql/tables.js';
import { idLeadsIndex, postgresCatalog } from './catalog.js';
import { digest, withServerHash } from './digest.js';
import { POSTGRES_ENGINE } from './engine.js';
import { toFault } from './errors.js';
import type { ResolvedPostgresOptions } from './options.js';
import { readPulse, waitForPulse } from './pulse.js';
import { listen } from './push.js';
import { clock, endStatement, examine, isBusy, takeOwnership } from './server.js';
import { openSession } from './session.js';
import { POSTGRES_SKETCH } from './sketch.js';
import { beginSnapshot } from './snapshot.js';
import { postgresWriter } from './writer.js';

export function openLink(options: ResolvedPostgresOptions, clinicId: string, signal: AbortSignal): Promise<ClinicLink> {
  return openServerLink(
    {
      openSession: (aborted, onLost, access) => openSession(options, aborted, onLost, access),
      prepare: (db) => prepare(db, options, clinicId),
      clock,
      isBusy,
      endStatement,
      toFault,
      ...(options.push === 'trigger' && {
        listen: (
          tables: ClinicTables,
          events: EventEmitter<LinkEvents>,
          onLost: (error: AdapterError) => void,
          aborted: AbortSignal,
        ) => openListener(options, tables, events, onLost, aborted),
      }),
    },
    { ...options, writes: options.write !== null },
    signal,
  );
}

async function prepare(db: Kysely<object>, options: ResolvedPostgresOptions, clinicId: string): Promise<Prepared> {
  const ownership = await takeOwnership(db, clinicId);
  const found = await bindSchema(options.schema, POSTGRES_ENGINE, postgresCatalog(db));
  const newest = await NewestIds.from(db, found.sources, (source) => idLeadsIndex(db, source), POSTGRES_ENGINE);
  const { identity, snapshot, canWait, hasTextHash, utf8 } = await examine(db);
  const bound = mapSources(found, (each) => withServerHash(each, hasTextHash, utf8));
  const { sources, target } = bound;
  await mustDecode(db, sources, POSTGRES_ENGINE);
  return {
    identity,
    tables: bound,
    newest,
    digest,
    sketch: POSTGRES_SKETCH,
    pulse: snapshot === null ? null : (each) => readPulse(each, snapshot),
    ...(snapshot !== null &&
      canWait && {
        awaitPulse: (each: Kysely<object>, base: string, maxWaitMs: number, everyMs?: number) =>
          waitForPulse(each, snapshot, base, maxWaitMs, everyMs),
      }),
    beginSnapshot: (each) => beginSnapshot(each, snapshot),
    ...(target && { writer: (pool) => postgresWriter(pool, sources, target, ownership) }),
  };
}

async function openListener(
  options: ResolvedPostgresOptions,
  tables: ClinicTables,
  events: EventEmitter<LinkEvents>,
  onLost: (error: AdapterError) => void,
  signal: AbortSignal,
): Promise<{ close(): Promise<void> } | undefined> {
  const session = await openSession(options, signal, onLost);
  const listening = listen({
    session,
    channel: options.pushChannel,
    tables: watchedTables(tables),
    onHint: (scope) => events.emit('hint', scope),
    onDead: () => events.emit('pushLost'),
  });
  const push = await orAborted(signal, listening, session.drop).catch(async (error: unknown) => {
    await session.close();
    throw error;
  });
  if (!push) {
    await session.close();
    return undefined;
  }
  return {
    close: () => {
      push.close();
      return session.close();
    },
  };
}
