import type { Kysely } from 'kysely';

import type { ClinicLink } from '../adapter.js';
import { bindAsBoth } from '../sql/bind-as-both.js';
import { NewestIds } from '../sql/newest.js';
import { mustDecode } from '../sql/sample.js';
import { mapSources, watchedTables } from '../sql/tables.js';
import { openServerLink, type Prepared, type RunAs } from '../sql/server-link.js';
import { idLeadsIndex, indexesOf, isNumbered, mssqlCatalog } from './catalog.js';
import { TrackedChanges } from './changes.js';
import { digest, withServerHash } from './digest.js';
import { MSSQL_ENGINE } from './engine.js';
import { toFault } from './errors.js';
import { withRangeLocks } from './guard.js';
import type { ResolvedMssqlOptions } from './options.js';
import { tried } from './probe.js';
import { findPulse } from './pulse.js';
import { clock, examine, isBusy, takeOwnership } from './server.js';
import { openSession } from './session.js';
import { MSSQL_SKETCH } from './sketch.js';
import { beginSnapshot } from './snapshot.js';
import { mssqlWriter } from './writer.js';

export function openLink(options: ResolvedMssqlOptions, clinicId: string, signal: AbortSignal): Promise<ClinicLink> {
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
  options: ResolvedMssqlOptions,
  clinicId: string,
): Promise<Prepared> {
  const ownership = await takeOwnership(db, clinicId);
  const bound = mapSources(await bindAsBoth(options.schema, MSSQL_ENGINE, mssqlCatalog, db, asWriter), withServerHash);
  const { sources, target } = bound;
  const tables = watchedTables(bound);
  await mustDecode(db, sources, MSSQL_ENGINE);
  const { identity, hasSnapshots } = await examine(db);
  // Over a connection of the caller's no transaction outlives its text.
  const mayHold = hasSnapshots && options.own === null;
  const pulse = await findPulse(db, tables);
  const newest =
    (await TrackedChanges.from(db, sources)) ??
    (await NewestIds.from(db, sources, (source) => idLeadsIndex(db, source), MSSQL_ENGINE));
  const begin = (each: Kysely<object>) => beginSnapshot(each, tables, pulse);
  const works = mayHold && (await tried(async () => (await begin(db)).end())) !== null;
  const locked = await withRangeLocks(sources, (source) => indexesOf(db, source));
  const [appointments] = target?.sources ?? [];
  const facts = appointments && { ownership, isNumbered: await isNumbered(db, appointments) };
  return {
    identity,
    tables: bound,
    newest,
    digest,
    sketch: MSSQL_SKETCH,
    pulse: pulse && ((each) => pulse.read(each)),
    ...(works && { beginSnapshot: begin }),
    ...(target && facts && { writer: (pool) => mssqlWriter(pool, locked ?? sources, target, facts) }),
  };
}
