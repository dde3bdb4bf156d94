import { createPool, type Pool } from 'mysql2';
import type { Connection } from 'mysql2/promise';

import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import type { AdapterCapabilities, AdapterHarness, OpenTransaction, Writing } from '../../src/testing/index.js';
import { connectMysql, freshMysqlDatabase, type TestMysqlDatabase } from '../servers/mysql.js';
import { createTables, SCHEMA, spoil, TABLES, writing, ZONE, type Run } from './sql-kit.js';

export type TableEngine = 'InnoDB' | 'MyISAM';

const CAPABILITIES: AdapterCapabilities = {
  sessions: true,
  blockouts: true,
  readKeys: true,
  digest: true,
  pulse: true,
  awaitPulse: false,
  // The log has the commit a moment before anybody can read it.
  pulseLeads: true,
  newKeys: false,
  snapshot: true,
  push: false,
  describe: true,
  writes: true,
  tokens: true,
  multiplePractitioners: true,
  texts: true,
  lateCommits: true,
  lost: true,
  undecodable: true,
  stall: true,
};

/** MyISAM has no transactions: a write is there at once, and no moment can be held. */
export const mysqlCapabilities = (engine: TableEngine): AdapterCapabilities =>
  engine === 'InnoDB' ? CAPABILITIES : { ...CAPABILITIES, pulse: false, snapshot: false, lateCommits: false };

export interface MysqlHarness extends AdapterHarness {
  drop(): Promise<void>;
}

/**
 * One database for all cases, emptied before each. The adapter's login reads, and nothing else. `theirs`: its connections come
 * from pools of the caller's.
 */
export function mysqlHarness(
  serverUrl: string,
  engine: TableEngine,
  connections: 'ours' | 'theirs' = 'ours',
): MysqlHarness {
  let database: Promise<TestMysqlDatabase> | undefined;
  const prepare = async () => {
    const made = await freshMysqlDatabase(serverUrl);
    await made.admin.query(
      `set session default_storage_engine = ${engine}, sql_mode = concat(@@sql_mode, ',ANSI_QUOTES')`,
    );
    // Keys that differ in case or trailing spaces are different rows; other columns have the server's own idea of equal.
    const [rows] = await made.admin.query('select version() as version');
    const isMariadb = String((rows as { version: string }[])[0]?.version).includes('MariaDB');
    const exact = isMariadb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
    // MyISAM's unique keys are too short for ours.
    const key = engine === 'InnoDB' ? 'primary key' : ', key by_id (id(200))';
    await made.admin.query(
      createTables('datetime(3)', `varchar(500) collate ${exact} not null default (uuid()) ${key}`),
    );
    for (const table of TABLES) await made.admin.query(`grant select on ${table} to ${made.reader}`);
    await made.admin.query(`grant insert, delete, select on appointments to ${made.writer.user};
      grant select on blockouts to ${made.writer.user}`);
    return made;
  };
  return {
    drop: async () => {
      await (await database)?.drop();
    },
    create: async () => {
      const { admin, adminUrl, reader, readerUrl, writer } = await (database ??= prepare());
      for (const table of TABLES) await admin.query(`truncate ${table}`);
      const opened: Connection[] = [];
      const connect = async () => {
        const client = await connectMysql(adminUrl);
        opened.push(client);
        return client;
      };
      const inOne = async <T>(work: (writing: Writing) => Promise<T>): Promise<T> => {
        await admin.query('begin');
        const answer = await work(writing(runOn(admin)));
        await admin.query('commit');
        return answer;
      };
      const begin = async (): Promise<OpenTransaction> => {
        const client = await connect();
        await client.query('begin');
        const end = (how: string) => async () => {
          await client.query(how);
          await client.end();
        };
        return { ...writing(runOn(client)), commit: end('commit'), rollback: end('rollback') };
      };
      const pools: Pool[] = [];
      const poolOf = (login: { readonly user: string; readonly password: string }) => {
        const { hostname: host, port, pathname } = new URL(readerUrl);
        const pool = createPool({ host, port: Number(port), database: pathname.slice(1), ...login });
        pools.push(pool);
        return { pool };
      };
      const make = () =>
        connections === 'ours'
          ? mysqlAdapter({ connection: readerUrl, schema: SCHEMA, write: writer })
          : mysqlAdapter({
              connection: poolOf({ user: reader, password: reader }),
              schema: SCHEMA,
              write: poolOf(writer),
            });
      return {
        adapter: make(),
        another: make,
        zone: ZONE,
        // The logins' names are their passwords.
        secrets: [reader, writer.user],
        receptionist: {
          insert: (rows) => inOne((within) => within.insert(rows)),
          update: (rows) => inOne((within) => within.update(rows)),
          remove: (keys) => inOne((within) => within.remove(keys)),
          begin,
          spoil: (key) => spoil(runOn(admin), key),
        },
        cut: async () => {
          for (const id of await connectionsOf(admin, [reader, writer.user])) {
            await admin.query(`kill connection ${String(id)}`).catch(() => undefined);
          }
        },
        stall: async () => {
          const client = await connect();
          await client.query(`lock tables ${TABLES.map((table) => `${table} write`).join(', ')}`);
          return async () => {
            await client.query('unlock tables');
          };
        },
        ...(connections === 'ours' && {
          openConnections: async () => (await connectionsOf(admin, [reader, writer.user])).length,
        }),
        dispose: async () => {
          await Promise.all(pools.map((pool) => pool.promise().end()));
          for (const client of opened) client.destroy();
          await Promise.resolve();
        },
      };
    },
  };
}

async function connectionsOf(admin: Connection, users: readonly string[]): Promise<number[]> {
  const [rows] = await admin.query('select id as id from information_schema.processlist where user in (?)', [users]);
  return (rows as { id: number }[]).map(({ id }) => id);
}

function runOn(client: Connection): Run {
  return (text, values) => client.query(text, [...values]);
}
