import { hash } from 'node:crypto';

import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { ClinicIdentity } from '../adapter.js';
import { toFault } from './errors.js';
import { findPulse, readPosition, type PulseName } from './pulse.js';

/** What was found out about the server, once for each link. */
export interface Server {
  readonly identity: ClinicIdentity;
  readonly pulse: PulseName | null;
  readonly isMariadb: boolean;
  readonly hasMd5: boolean;
}

export async function examine(db: Kysely<object>): Promise<Server> {
  const { rows } = await sql<{ version: string; place: string }>`
    select version() as version, concat_ws(':', @@hostname, @@datadir, @@server_id) as place
  `.execute(db);
  const facts = rows[0];
  if (!facts) throw fault('ClinicProtocol');
  const isMariadb = isMariadbVersion(facts.version);
  // MySQL's servers have a number of their own; MariaDB's are told apart by where they are.
  const server = isMariadb ? facts.place : await serverUuid(db, facts.place);
  return {
    identity: {
      database: hash('sha256', `${server}:${await currentDatabase(db)}`).slice(0, 32),
      position: await readPosition(db),
    },
    pulse: await findPulse(db),
    isMariadb,
    hasMd5: await hasMd5(db),
  };
}

/** Where it has none, the name is taken for a function of the clinic's own. */
async function hasMd5(db: Kysely<object>): Promise<boolean> {
  try {
    const { rows } = await sql<{ empty: string | null }>`select md5('') as empty`.execute(db);
    return rows[0]?.empty === 'd41d8cd98f00b204e9800998ecf8427e';
  } catch (error) {
    if (toFault(error).code === 'ClinicUnreachable') throw error;
    return false;
  }
}

export function isMariadbVersion(version: string): boolean {
  return version.toLowerCase().includes('mariadb');
}

async function serverUuid(db: Kysely<object>, otherwise: string): Promise<string> {
  const { rows } = await sql<{ Value: string }>`show global variables like 'server_uuid'`.execute(db);
  return rows[0]?.Value ?? otherwise;
}

async function currentDatabase(db: Kysely<object>): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`select database() as name`.execute(db);
  return rows[0]?.name ?? '';
}

/** The server needs a moment to notice that a session of ours, such as one given up while connecting, has ended. */
const LOCK_WAIT_S = 1;

/** The lock of one clinic, held by one session of ours. */
export interface Ownership {
  /** "That session still holds it", for statements of other sessions. */
  readonly holds: RawBuilder<boolean>;
}

/**
 * Takes the clinic's lock for the session's life, or throws `ClinicInUse`. Named locks belong to the whole server, so the
 * database's name is part of ours; the clinic's software uses none of them.
 */
export async function takeOwnership(db: Kysely<object>, clinicId: string): Promise<Ownership> {
  const name = `clinic-sync:${hash('sha256', `${await currentDatabase(db)}:${clinicId}`).slice(0, 32)}`;
  const { rows } = await sql<{ held: number | null; id: number }>`
    select get_lock(${name}, ${LOCK_WAIT_S}) as held, connection_id() as id
  `.execute(db);
  const [row] = rows;
  if (row?.held !== 1) throw fault('ClinicInUse');
  return { holds: sql`coalesce(is_used_lock(${name}) = ${row.id}, false)` };
}

/** The server's own number of this connection. */
export async function connectionId(db: QueryExecutorProvider): Promise<number> {
  const { rows } = await sql<{ id: number }>`select connection_id() as id`.execute(db);
  return rows[0]?.id ?? 0;
}

export async function clock(db: QueryExecutorProvider): Promise<Instant> {
  const { rows } = await sql<{ now: string }>`
    select cast(floor(unix_timestamp(sysdate(3)) * 1000) as char) as now
  `.execute(db);
  const now = Number(rows[0]?.now);
  if (!Number.isSafeInteger(now)) throw fault('ClinicProtocol');
  return now;
}

/** A login sees what its own sessions do, whatever its rights. */
export async function isBusy(db: QueryExecutorProvider, id: number): Promise<boolean> {
  const { rows } = await sql<{ busy: number }>`
    select exists (
      select 1 from information_schema.processlist where id = ${id} and command <> 'Sleep'
    ) as busy
  `.execute(db);
  return rows[0]?.busy !== 0;
}
