import { readFile } from 'node:fs/promises';

import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { startOwnMysql } from '../../test/servers/mysql.js';
import { startOwnServer } from '../../test/servers/postgres.js';
import { mysqlClinic, postgresClinic, SCHEMA } from '../latency/clinics.js';

/** A practice of 213,000 rows on a server of its own. */
export interface ImpactGround {
  readonly name: string;
  readonly version: string;
  readonly adminUrl: string;
  adapter(): ClinicAdapter;
  /** How much of a processor our sessions have used at the server so far, in ms. */
  usedMs(): Promise<number>;
  close(): Promise<void>;
}

/** Ticks of the kernel's accounting. */
const TICK_MS = 10;

export async function postgresGround(): Promise<ImpactGround | undefined> {
  const server = await startOwnServer();
  if (!server) return undefined;
  const { admin, adminUrl, reader, readerUrl, version, drop } = await postgresClinic(server.url);
  await admin.query('create table elsewhere (n int)');
  return {
    name: 'Postgres',
    version,
    adminUrl,
    adapter: () => postgresAdapter({ connection: readerUrl, schema: SCHEMA }),
    // Postgres itself counts a backend that sleeps as active; the kernel knows better.
    usedMs: async () => {
      const { rows } = await admin.query<{ pid: number }>('select pid from pg_stat_activity where usename = $1', [
        reader,
      ]);
      const used = await Promise.all(
        rows.map(async ({ pid }) => {
          const fields =
            (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') 0')).split(') ')[1]?.split(' ') ?? [];
          return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
        }),
      );
      return used.reduce((sum, each) => sum + each, 0);
    },
    close: async () => {
      await drop();
      await server.stop();
    },
  };
}

export async function mysqlGround(): Promise<ImpactGround | undefined> {
  const server = await startOwnMysql(['--userstat=1']);
  if (!server) return undefined;
  const { admin, adminUrl, reader, readerUrl, version, drop } = await mysqlClinic(server.url);
  await admin.query('create table elsewhere (n int)');
  return {
    name: 'MariaDB',
    version,
    adminUrl,
    adapter: () => mysqlAdapter({ connection: readerUrl, schema: SCHEMA }),
    usedMs: async () => {
      const [[used]] = (await admin.query(
        'select cpu_time as cpu from information_schema.user_statistics where user = ?',
        [reader],
      )) as unknown as [{ cpu: number | string }[]];
      return Number(used?.cpu ?? 0) * 1_000;
    },
    close: async () => {
      await drop();
      await server.stop();
    },
  };
}
