/**
 * A MySQL or MariaDB server for tests, from wherever one can be had: CLINIC_SYNC_TEST_MYSQL_URL, Docker, or the machine's own
 * binaries. Says once which it was.
 */
import { randomBytes } from 'node:crypto';

import { createConnection, type Connection } from 'mysql2/promise';

import { startInDocker } from './docker.js';
import { VARIABLES } from './images.js';
import { findMysqlBinaries, startMysqlLocal } from './mysql-local.js';
import type { OwnServer } from './process.js';
import { missing, say, type SharedServer } from './shared.js';

let shared: Promise<SharedServer | undefined> | undefined;

/** The server that a test process shares; `undefined` (said aloud) when there is none to be had. */
export function sharedMysql(): Promise<SharedServer | undefined> {
  return (shared ??= start());
}

async function start(): Promise<SharedServer | undefined> {
  const url = process.env[VARIABLES.mysql.url];
  if (url) return { url, stop: () => Promise.resolve() };
  const contained = await startInDocker('mysql');
  if (contained) return contained;
  const binaries = await findMysqlBinaries();
  if (binaries) return say('mysql', binaries.server, await startMysqlLocal(binaries));
  missing('mysql', 'apt-get install mariadb-server');
  return undefined;
}

/** False for MySQL, which has not everything that tests of MariaDB's own use. */
export async function isMariadb({ url }: SharedServer): Promise<boolean> {
  const root = await connectMysql(url);
  const [rows] = await root.query('select version() as version');
  await root.end();
  return String((rows as { version: string }[])[0]?.version).includes('MariaDB');
}

/** A server of one's own, to be killed, paused and restarted. `undefined` when no binaries are on this machine. */
export async function startOwnMysql(
  settings: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<OwnServer | undefined> {
  const binaries = await findMysqlBinaries();
  return binaries && startMysqlLocal(binaries, settings, env);
}

export interface TestMysqlDatabase {
  readonly name: string;
  /** An administrator's. */
  readonly adminUrl: string;
  /** A login that may SELECT on what was granted to it, and nothing else. */
  readonly readerUrl: string;
  readonly reader: string;
  /** Another login with no rights at all but those that are granted to it. */
  readonly writer: { readonly user: string; readonly password: string };
  /** A connection of the administrator's, for the clinic's own writes. */
  readonly admin: Connection;
  drop(): Promise<void>;
}

/** A fresh database with a least-privilege login of its own. */
export async function freshMysqlDatabase(serverUrl: string): Promise<TestMysqlDatabase> {
  const [name, reader, writer] = ['clinic', 'reader', 'writer'].map(
    (each) => `${each}_${randomBytes(6).toString('hex')}`,
  );
  if (!name || !reader || !writer) throw new TypeError();
  const adminUrl = withDatabase(serverUrl, name);
  const root = await connectMysql(serverUrl);
  await root.query(`create database ${name} character set utf8mb4`);
  for (const user of [reader, writer]) await root.query(`create user ${user}@'%' identified by '${user}'`);
  await root.end();
  const admin = await connectMysql(adminUrl);
  const readerUrl = new URL(adminUrl);
  readerUrl.username = reader;
  readerUrl.password = reader;
  return {
    name,
    adminUrl,
    readerUrl: readerUrl.href,
    reader,
    writer: { user: writer, password: writer },
    admin,
    drop: async () => {
      await admin.query(`drop database ${name}`);
      await admin.query(`drop user ${reader}@'%', ${writer}@'%'`);
      await admin.end();
    },
  };
}

/** For the clinic's own statements: several in one text are allowed, and a lost connection ends no process. */
export async function connectMysql(url: string): Promise<Connection> {
  const connection = await createConnection({ uri: url, multipleStatements: true, dateStrings: true, timezone: 'Z' });
  connection.on('error', () => undefined);
  return connection;
}

function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
