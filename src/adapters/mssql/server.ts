import { hash, randomUUID } from 'node:crypto';

import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { ClinicIdentity } from '../adapter.js';
import { decodeWall } from '../sql/time/texts.js';
import { tried } from './probe.js';

/** What was found out about the server, once for each link. */
export interface Server {
  readonly version: string;
  readonly identity: ClinicIdentity;
  /** Whether transactions may read one moment (ALLOW_SNAPSHOT_ISOLATION). */
  readonly hasSnapshots: boolean;
  /** Whether a plain read sees one moment and waits for nobody (READ_COMMITTED_SNAPSHOT). */
  readonly readsVersions: boolean;
}

interface DatabaseFacts {
  created: string | null;
  snapshots: number | null;
  versions: number | null;
}

export async function examine(db: Kysely<object>): Promise<Server> {
  const { rows } = await sql<{ name: string; server: string | null }>`
    select db_name() as name, cast(@@servername as nvarchar(256)) as server
  `.execute(db);
  const [facts] = rows;
  if (!facts) throw fault('ClinicProtocol');
  // A restored database is created anew.
  const asked = await tried(() =>
    sql<DatabaseFacts>`
      select convert(nvarchar(30), create_date, 121) as created, cast(snapshot_isolation_state as int) as snapshots,
        cast(is_read_committed_snapshot_on as int) as versions
      from sys.databases where name = db_name()
    `.execute(db),
  );
  const database = asked?.rows[0];
  const identity = [facts.server ?? '', facts.name, database?.created ?? ''].join(':');
  return {
    version: (await textOf(db, sql`cast(serverproperty(N'ProductVersion') as nvarchar(128))`)) ?? 'unknown',
    identity: {
      database: hash('sha256', identity).slice(0, 32),
      // The counter of row versions, which everybody may read; it moves with tables that have such a column.
      position: await textOf(db, sql`cast(cast(@@dbts as bigint) as nvarchar(20))`),
    },
    hasSnapshots: database?.snapshots === 1,
    readsVersions: database?.versions === 1,
  };
}

async function textOf(db: Kysely<object>, expression: RawBuilder<unknown>): Promise<string | null> {
  const asked = await tried(() => sql<{ value: string | null }>`select ${expression} as value`.execute(db));
  return asked?.rows[0]?.value ?? null;
}

/** The server needs a moment to notice that a session of ours, such as one given up while connecting, has ended. */
const LOCK_WAIT_MS = 1_000;

/** The lock of one clinic, held by one session of ours. */
export interface Ownership {
  /** "That session still holds it", for statements of other sessions. */
  readonly holds: RawBuilder<boolean>;
}

/**
 * Takes the clinic's lock for the session's life, or throws `ClinicInUse`; `null` where the server has no such locks. They belong
 * to one database, and the clinic's software uses none of ours. A second lock under a name that nobody else knows stands
 * for this very session: `applock_test` tells that a lock is held, but not by whom.
 */
export async function takeOwnership(db: Kysely<object>, clinicId: string): Promise<Ownership | null> {
  const own = lockName(randomUUID());
  const clinics = await takeLock(db, lockName(clinicId), LOCK_WAIT_MS);
  if (clinics === null) return null;
  if (clinics < 0) throw fault('ClinicInUse');
  if ((await takeLock(db, own, 0)) !== 0) return null;
  // Of our own session's locks it would say that they can be taken.
  const holds = sql<boolean>`applock_test(N'public', ${own}, N'Exclusive', N'Session') = 0`;
  return (await tried(() => sql`select 1 as one where ${holds}`.execute(db))) === null ? null : { holds };
}

function lockName(of: string): string {
  return `clinic-sync:${hash('sha256', of).slice(0, 32)}`;
}

/** What each session has locked: a connection that goes back to its owner must leave none of it behind. */
const locked = new WeakMap<Kysely<object>, readonly string[]>();

export async function releaseLocks(db: Kysely<object>): Promise<void> {
  for (const name of locked.get(db) ?? []) {
    await tried(() =>
      sql`exec sp_releaseapplock @Resource = ${name}, @LockOwner = N'Session', @DbPrincipal = N'public'`.execute(db),
    );
  }
  locked.delete(db);
}

/** Negative: not granted. */
async function takeLock(db: Kysely<object>, name: string, waitMs: number): Promise<number | null> {
  const asked = await tried(() =>
    sql<{ answer: number }>`
      declare @answer int;
      exec @answer = sp_getapplock @Resource = ${name}, @LockMode = N'Exclusive', @LockOwner = N'Session',
        @LockTimeout = ${sql.lit(waitMs)}, @DbPrincipal = N'public';
      select @answer as answer
    `.execute(db),
  );
  const answer = asked?.rows[0]?.answer ?? null;
  if (answer !== null && answer >= 0) locked.set(db, [...(locked.get(db) ?? []), name]);
  return answer;
}

export async function clock(db: QueryExecutorProvider): Promise<Instant> {
  const { rows } = await sql<{ now: string }>`select convert(nvarchar(30), sysutcdatetime(), 126) as now`.execute(db);
  const now = decodeWall(rows[0]?.now ?? '', 'T');
  if (now === undefined) throw fault('ClinicProtocol');
  return now;
}

/**
 * Whether the server is at work for another session. A login without VIEW SERVER STATE is shown none but the session that asks, and
 * whoever cannot see is no witness: then a read that died without a word ends by its own timeout.
 */
export async function isBusy(db: QueryExecutorProvider, id: number): Promise<boolean> {
  const { rows } = await sql<{ sessions: number; requests: number }>`
    select (select count(*) from sys.dm_exec_sessions where session_id <> @@spid) as sessions,
      (select count(*) from sys.dm_exec_requests where session_id = ${sql.lit(id)}) as requests
  `.execute(db);
  const [row] = rows;
  return !row || row.sessions === 0 || row.requests > 0;
}
