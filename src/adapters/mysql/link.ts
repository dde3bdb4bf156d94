import type { Kysely } from 'kysely';

import type { ClinicLink } from '../adapter.js';
import { bindAsBoth } from '../sql/bind-as-both.js';
import { NewestIds } from '../sql/newest.js';
import { mustDecode } from '../sql/sample.js';
import { mapSources, watchedTables } from '../sql/tables.js';
import { openServerLink, type Prepared, type RunAs } from '../sql/server-link.js';
import type { Source } from '../sql/source.js';
import { idLeadsIndex, mysqlCatalog, tableFacts, type TableFacts } from './catalog.js';
import { digest, withServerHash } from './digest.js';
import { MYSQL_ENGINE } from './engine.js';
import { toFault } from './errors.js';
import { withGuardIndex } from './guard.js';
import type { ResolvedMysqlOptions } from './options.js';
import { readPulse } from './pulse.js';
import { clock, examine, isBusy, takeOwnership } from './server.js';
import { openSession } from './session.js';
import { MYSQL_SKETCH } from './sketch.js';
import { beginSnapshot } from './snapshot.js';
import { mysqlWriter } from './writer.js';

export function openLink(options: ResolvedMysqlOptions, clinicId: string, signal: AbortSignal): Promise<ClinicLink> {
  return openServerLink(
    {
      openSession: (aborted, onLost, access) => openSession(options, aborted, onLost, access),
      prepare: (db, asWriter) => prepare(db, asWriter, options, clinicId),
      clock,
      isBusy,
      toFault,
    },
    { ...options, writes: options.write !== null },
    signal,
  );
}

async function prepare(
  db: Kysely<object>,
  asWriter: RunAs | undefined,
  options: ResolvedMysqlOptions,
  clinicId: string,
): Promise<Prepared> {
  const ownership = await takeOwnership(db, clinicId);
  const plain = await bindAsBoth(options.schema, MYSQL_ENGINE, mysqlCatalog, db, asWriter);
  const { identity, pulse: found, isMariadb, hasMd5 } = await examine(db);
  const bound = hasMd5 ? plain : mapSources(plain, withServerHash);
  const { sources, target } = bound;
  await mustDecode(db, sources, MYSQL_ENGINE);
  const newest = await NewestIds.from(db, sources, (source) => idLeadsIndex(db, source), MYSQL_ENGINE);
  const facts = new Map<Source, TableFacts>();
  for (const source of sources) facts.set(source, await tableFacts(db, source));
  const watched: TableFacts[] = [];
  for (const table of watchedTables(bound)) watched.push(await tableFacts(db, table));
  // The redo log says nothing of other engines' tables, and a transaction holds still only InnoDB's.
  const allInnodb = watched.every(({ isInnodb }) => isInnodb);
  const pulse = allInnodb ? found : null;
  const own = target?.sources[0] && facts.get(target.sources[0]);
  const guarded = withGuardIndex(sources, (source) => facts.get(source));
  return {
    identity,
    tables: bound,
    newest,
    digest,
    sketch: MYSQL_SKETCH,
    pulse: pulse === null ? null : (each) => readPulse(each, pulse),
    ...(allInnodb && { beginSnapshot: (each: Kysely<object>) => beginSnapshot(each, pulse) }),
    ...(target &&
      own && {
        writer: (pool) =>
          mysqlWriter(pool, guarded ?? sources, target, {
            ownership,
            isMariadb,
            counters: own.counters,
            locks: guarded !== null,
            oneMessage: options.own === null,
          }),
      }),
  };
}
