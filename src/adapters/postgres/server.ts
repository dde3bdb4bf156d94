import { hash } from 'node:crypto';

import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { ClinicIdentity } from '../adapter.js';
import { snapshotFunction, waitForPulse } from './pulse.js';

/** What was found out about the server, once for each link. */
export interface Server {
  readonly identity: ClinicIdentity;
  /** The function that gives the pulse; `null` on a standby, where it does not move with the changes. */
  readonly snapshot: string | null;
  /** Whether texts are stored in UTF-8. */
  readonly utf8: boolean;
  /** From Postgres 11 on. */
  readonly hasTextHash: boolean;
  /** False where this login may not run anonymous blocks. */
  readonly canWait: boolean;
}

export async function examine(db: Kysely<object>): Promise<Server> {
  const { rows } = await sql<{ version: number; standby: boolean; utf8: boolean; database: string }>`
    select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
      current_setting('server_encoding') = 'UTF8' as utf8,
      (select oid::text from pg_database where datname = current_database()) as database
  `.execute(db);
  const facts = rows[0];
  if (!facts) throw fault('ClinicProtocol');
  const snapshot = facts.standby ? null : snapshotFunction(facts.version);
  return {
    identity: {
      database: `${await systemIdentifier(db)}:${facts.database}`,
      position: snapshot === null ? null : await nextTransaction(db, snapshot),
    },
    snapshot,
    utf8: facts.utf8,
    hasTextHash: facts.version >= 110_000,
    canWait: snapshot !== null && (await succeeds(waitForPulse(db, snapshot, '0:0:', 0))),
  };
}

/** Given to a cluster when it is made, and kept by its physical copies. */
async function systemIdentifier(db: Kysely<object>): Promise<string> {
  try {
    const { rows } = await sql<{ id: string }>`select system_identifier::text as id from pg_control_system()`.execute(
      db,
    );
    return rows[0]?.id ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Transaction numbers here have 64 bits and never start over. */
async function nextTransaction(db: Kysely<object>, snapshot: string): Promise<string> {
  const xmax = snapshot === 'pg_current_snapshot' ? 'pg_snapshot_xmax' : 'txid_snapshot_xmax';
  const { rows } = await sql<{ xmax: string }>`select ${sql.raw(`${xmax}(${snapshot}())::text`)} as xmax`.execute(db);
  return rows[0]?.xmax ?? '0';
}

/** The server needs a moment to notice that a session of ours has ended, and a second where one that died waited in it. */
const LOCK_TRIES = 24;
const LOCK_AGAIN_S = 0.05;

/** The lock of one clinic, held by one session of ours. */
export interface Ownership {
  /** "That session still holds it", for statements of other sessions. */
  readonly holds: RawBuilder<boolean>;
}

/**
 * Takes the clinic's lock for the session's life, or throws `ClinicInUse`. Advisory locks are numbers known to one database;
 * the clinic's software uses none of ours. Tried again for a second or so and not waited for: a wait
 * could be bounded by settings of the session alone.
 */
export async function takeOwnership(db: Kysely<object>, clinicId: string): Promise<Ownership> {
  const number = BigInt.asIntN(64, BigInt(`0x${hash('sha256', `clinic-sync:${clinicId}`).slice(0, 16)}`));
  const taken = sql`pg_try_advisory_lock(${String(number)}::bigint)`;
  const { rows } = await sql<{ held: boolean; pid: number }>`
    with recursive tries (n, held) as (
      select 1, ${taken}
      union all
      select n + 1, case when pg_sleep(${sql.lit(LOCK_AGAIN_S)})::text is not null then ${taken} end
      from tries where not held and n < ${sql.lit(LOCK_TRIES)}
    )
    select bool_or(held) as held, pg_backend_pid() as pid from tries
  `.execute(db);
  const [row] = rows;
  if (row?.held !== true) throw fault('ClinicInUse');
  // A lock of 64 bits is shown in two halves (https://www.postgresql.org/docs/current/view-pg-locks.html).
  const half = (bits: bigint) => sql`${String(BigInt.asUintN(32, bits))}::oid`;
  return {
    holds: sql`exists (
      select from pg_catalog.pg_locks where locktype = 'advisory' and granted and pid = ${String(row.pid)}::int
        and objsubid = 1 and classid = ${half(number >> 32n)} and objid = ${half(number)}
        and database = (select oid from pg_catalog.pg_database where datname = current_database())
    )`,
  };
}

export async function clock(db: QueryExecutorProvider): Promise<Instant> {
  const { rows } = await sql<{ now: string }>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint::text as now
  `.execute(db);
  const now = Number(rows[0]?.now);
  if (!Number.isSafeInteger(now)) throw fault('ClinicProtocol');
  return now;
}

/** A login sees what its own sessions do, whatever its rights. */
export async function isBusy(db: QueryExecutorProvider, id: number): Promise<boolean> {
  const { rows } = await sql<{ busy: boolean }>`
    select exists (select from pg_stat_activity where pid = ${String(id)}::int and state = 'active') as busy
  `.execute(db);
  return rows[0]?.busy ?? true;
}

/** A login may end what its own sessions do (https://www.postgresql.org/docs/current/functions-admin.html). */
export async function endStatement(db: QueryExecutorProvider, id: number): Promise<void> {
  await sql`select pg_cancel_backend(${String(id)}::int)`.execute(db);
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch {
    return false;
  }
}
