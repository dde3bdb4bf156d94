import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { startOwnMysql } from '../../test/servers/mysql.js';
import { startOwnServer } from '../../test/servers/postgres.js';
import { postgresUsedMs } from '../clinics/server-time.js';
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
    usedMs: () => postgresUsedMs(admin, reader),
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
