import { Client, Pool } from 'pg';

import { installPostgresPush, postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { AdapterCapabilities, AdapterHarness, OpenTransaction, Writing } from '../../src/testing/index.js';
import { freshDatabase, type TestDatabase } from '../servers/postgres.js';
import { createTables, SCHEMA, spoil, TABLES, writing, ZONE, type Run } from './sql-kit.js';

export const POSTGRES_CAPABILITIES: AdapterCapabilities = {
  sessions: true,
  blockouts: true,
  readKeys: true,
  digest: true,
  pulse: true,
  awaitPulse: true,
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

export interface PostgresHarness extends AdapterHarness {
  drop(): Promise<void>;
}

/**
 * One database for all cases, emptied before each. The adapter's login reads, and nothing else. `theirs`: its connections come
 * from pools of the caller's.
 */
export function postgresHarness(
  serverUrl: string,
  push: 'off' | 'trigger',
  connections: 'ours' | 'theirs' = 'ours',
): PostgresHarness {
  let database: Promise<TestDatabase> | undefined;
  const prepare = async () => {
    const made = await freshDatabase(serverUrl);
    await made.admin.query(createTables('timestamp', 'text not null primary key default gen_random_uuid()::text'));
    await made.admin.query(`grant select on ${TABLES.join(', ')} to ${made.reader}`);
    await made.admin.query(`grant insert, delete, select on appointments to ${made.writer.user};
      grant select on blockouts to ${made.writer.user}`);
    if (push === 'trigger') {
      const installed = await installPostgresPush({ connection: made.adminUrl, schema: SCHEMA });
      if (installed.isErr()) throw installed.error;
    }
    return made;
  };
  return {
    drop: async () => {
      await (await database)?.drop();
    },
    create: async () => {
      const { admin, adminUrl, reader, readerUrl, writer } = await (database ??= prepare());
      await admin.query(`truncate ${TABLES.join(', ')}`);
      const opened: Client[] = [];
      const connect = async () => {
        const client = new Client({ connectionString: adminUrl });
        client.on('error', () => undefined);
        await client.connect();
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
      const poolOf = (login: { readonly user?: string; readonly password?: string }) => {
        const pool = new Pool({ ...partsOf(readerUrl), ...login });
        pool.on('error', () => undefined);
        pool.on('connect', (client) => client.on('error', () => undefined));
        pools.push(pool);
        return { pool };
      };
      const make = () =>
        connections === 'ours'
          ? postgresAdapter({ connection: readerUrl, schema: SCHEMA, push, write: writer })
          : postgresAdapter({ connection: poolOf({}), schema: SCHEMA, write: poolOf(writer) });
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
          await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = any($1)', [
            [reader, writer.user],
          ]);
        },
        stall: async () => {
          const client = await connect();
          await client.query(`begin; lock table ${TABLES.join(', ')} in access exclusive mode`);
          return async () => {
            await client.query('rollback');
          };
        },
        openConnections: async () => {
          if (connections === 'theirs') return pools.reduce((sum, pool) => sum + pool.totalCount - pool.idleCount, 0);
          const text = 'select count(*)::int as open from pg_stat_activity where usename = any($1)';
          const { rows } = await admin.query<{ open: number }>(text, [[reader, writer.user]]);
          return rows[0]?.open ?? 0;
        },
        dispose: async () => {
          await Promise.all(pools.map((pool) => pool.end()));
          await Promise.all(opened.map((client) => client.end()));
        },
      };
    },
  };
}

/** Logins given beside a URL are not heard. */
function partsOf(url: string) {
  const { hostname: host, port, pathname, username: user, password } = new URL(url);
  return { host, port: Number(port), database: pathname.slice(1), user, password };
}

function runOn(client: Client): Run {
  return (text, values) => {
    let n = 0;
    return client.query(
      text.replaceAll('?', () => `$${String(++n)}`),
      [...values],
    );
  };
}
