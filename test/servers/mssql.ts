/**
 * Any server that speaks TDS, for tests: CLINIC_SYNC_TEST_MSSQL_URL (an administrator's login, `mssql://sa:…@host:1433/master`), or
 * Docker. Says once which it was.
 */
import { randomBytes } from 'node:crypto';

import { sql, type Kysely } from 'kysely';

import { kyselyOver } from '../../src/adapters/mssql/dialect.js';
import { parseMssqlUrl } from '../../src/adapters/mssql/options.js';
import { Connection } from 'tedious';
import { startInDocker } from './docker.js';
import { VARIABLES } from './images.js';
import { missing, type SharedServer } from './shared.js';

let shared: Promise<SharedServer | undefined> | undefined;

export function sharedMssql(): Promise<SharedServer | undefined> {
  return (shared ??= start());
}

async function start(): Promise<SharedServer | undefined> {
  const url = process.env[VARIABLES.mssql.url];
  if (url) return { url, stop: () => Promise.resolve() };
  const contained = await startInDocker('mssql');
  if (contained) return contained;
  missing('mssql', 'CLINIC_SYNC_TEST_MSSQL_URL=mssql://sa:password@host:1433/master');
  return undefined;
}

/** A connection of the clinic's own, for plain batches. */
export interface Desk {
  readonly db: Kysely<object>;
  run(batch: string): Promise<readonly Record<string, unknown>[]>;
  close(): void;
}

export async function connectMssql(url: string): Promise<Desk> {
  const { host, port, database, user, password, tls } = parseMssqlUrl(url);
  const client = new Connection({
    server: host,
    authentication: { type: 'default', options: { userName: user, password: String(password) } },
    options: {
      port: port ?? 1433,
      database,
      encrypt: tls !== undefined && tls !== 'off',
      trustServerCertificate: true,
      requestTimeout: 0,
    },
  });
  client.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    client.connect((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  const db = kyselyOver(client);
  return {
    db,
    run: async (batch) => (await sql.raw<Record<string, unknown>>(batch).execute(db)).rows,
    close: () => {
      client.close();
    },
  };
}

export interface TestMssqlDatabase {
  readonly adminUrl: string;
  readonly readerUrl: string;
  readonly reader: string;
  /** Another login with no rights at all but those that are granted to it. */
  readonly writer: { readonly user: string; readonly password: string };
  readonly admin: Desk;
  drop(): Promise<void>;
}

/** A fresh database with two logins that may do nothing but what is granted to them. */
export async function freshMssqlDatabase(serverUrl: string): Promise<TestMssqlDatabase> {
  const word = randomBytes(6).toString('hex');
  const [name, reader, writer] = [`clinic_${word}`, `reader_${word}`, `writer_${word}`];
  const password = `Pa55-${word}`;
  const root = await connectMssql(serverUrl);
  await root.run(`create database ${name}`);
  for (const login of [reader, writer]) await root.run(`create login ${login} with password = '${password}'`);
  const adminUrl = new URL(serverUrl);
  adminUrl.pathname = `/${name}`;
  const admin = await connectMssql(adminUrl.href);
  for (const login of [reader, writer]) await admin.run(`create user ${login} for login ${login}`);
  const readerUrl = new URL(adminUrl);
  readerUrl.username = reader;
  readerUrl.password = password;
  return {
    adminUrl: adminUrl.href,
    readerUrl: readerUrl.href,
    reader,
    writer: { user: writer, password },
    admin,
    drop: async () => {
      admin.close();
      await root.run(`drop database ${name}`);
      for (const login of [reader, writer]) await root.run(`drop login ${login}`).catch(() => undefined);
      root.close();
    },
  };
}
