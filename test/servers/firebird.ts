/**
 * A Firebird server for tests: CLINIC_SYNC_TEST_FIREBIRD_URL (an administrator's login, the folder for databases, and the zone that
 * the server's clock is set to: `firebird://sysdba:…@host:3050/var/lib/data?zone=Etc/UTC`), or the machine's own binaries. Says once
 * which it was.
 */
import { randomBytes } from 'node:crypto';

import Firebird, { type Database } from 'node-firebird';

import { findFirebirdBinaries, startFirebirdLocal } from './firebird-local.js';
import type { OwnServer } from './process.js';
import { missing, say, type SharedServer } from './shared.js';

export const FIREBIRD_COMMAND = 'apt-get install firebird3.0-server';

let shared: Promise<SharedServer | undefined> | undefined;

/** The server that a test process shares; `undefined` (said aloud) when there is none to be had. */
export function sharedFirebird(zone: string): Promise<SharedServer | undefined> {
  return (shared ??= start(zone));
}

async function start(zone: string): Promise<SharedServer | undefined> {
  const url = process.env['CLINIC_SYNC_TEST_FIREBIRD_URL'];
  if (url) return { url, stop: () => Promise.resolve() };
  const binaries = await findFirebirdBinaries();
  if (binaries) return say('firebird', binaries.server, await startFirebirdLocal(binaries, zone));
  missing('firebird', FIREBIRD_COMMAND);
  return undefined;
}

/** A server of one's own, to be killed, paused and restarted. `undefined` when no binaries are on this machine. */
export async function startOwnFirebird(zone: string, settings: readonly string[] = []): Promise<OwnServer | undefined> {
  const binaries = await findFirebirdBinaries();
  return binaries && startFirebirdLocal(binaries, zone, settings);
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

interface Login {
  readonly user: string;
  readonly password: string;
}

export interface TestFirebirdDatabase {
  readonly place: Place;
  /** The zone of the server's clock. */
  readonly zone: string;
  readonly admin: Login;
  /** A login with no rights at all but those that are granted to it. */
  readonly reader: Login;
  readonly writer: Login;
  /** A connection of the administrator's, for the clinic's own writes. */
  readonly desk: Database;
  /** Another one. */
  connect(): Promise<Database>;
  /** The numbers of the connections that these logins have open. */
  connectionsOf(...logins: readonly Login[]): Promise<readonly number[]>;
  /** Ends them, as an administrator does. */
  kill(...logins: readonly Login[]): Promise<void>;
  drop(): Promise<void>;
}

/** A fresh database with two logins that may do nothing but what is granted to them. */
export async function freshFirebirdDatabase(serverUrl: string): Promise<TestFirebirdDatabase> {
  const { hostname: host, port, pathname, username, password, searchParams } = new URL(serverUrl);
  const word = randomBytes(6).toString('hex');
  const place = { host, port: Number(port || 3050), database: `${pathname}/clinic_${word}.fdb` };
  const admin = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  const [reader, writer] = ['reader', 'writer'].map((role) => ({ user: `${role}_${word}`, password: word }));
  if (!reader || !writer) throw new TypeError();
  const desk = await Firebird.createAsync({ ...place, ...admin, pageSize: 16_384 });
  for (const { user } of [reader, writer]) await desk.queryAsync(`create user ${user} password '${word}'`);
  const connections = async (logins: readonly Login[]) => {
    const names = logins.map(({ user }) => `'${user.toUpperCase()}'`).join(', ');
    const rows = await desk.queryAsync<{ ID: number }>(
      `select mon$attachment_id as id from mon$attachments where trim(mon$user) in (${names})`,
    );
    return rows.map(({ ID }) => ID);
  };
  return {
    place,
    zone: searchParams.get('zone') ?? 'Etc/UTC',
    admin,
    reader,
    writer,
    desk,
    connect: () => Firebird.attachAsync({ ...place, ...admin }),
    connectionsOf: (...logins) => connections(logins),
    kill: async (...logins) => {
      for (const id of await connections(logins))
        await desk.queryAsync(`delete from mon$attachments where mon$attachment_id = ${String(id)}`);
    },
    drop: async () => {
      for (const { user } of [reader, writer]) await desk.queryAsync(`drop user ${user}`);
      await desk.dropAsync();
    },
  };
}
