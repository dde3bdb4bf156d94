import { setTimeout as sleep } from 'node:timers/promises';

import type { Connection } from 'mysql2/promise';

import type { Random } from '../../src/testing/random.js';
import { TcpProxy } from '../../src/testing/index.js';
import { tables } from '../booking/practice.js';
import { connectMysql, freshMysqlDatabase, startOwnMysql } from '../servers/mysql.js';
import { insist, roadFaults, serverFaults, type Marks } from './faults.js';
import { LEDGER, type Fault, type Ground } from './ground.js';

const NOTE_MADE = `create trigger note_made after insert on appointments for each row
  if new.patient is not null then insert into made values (new.patient, new.id); end if`;

const MARKS: Marks = { statement: 'insert into `', answer: '\x04made' };

/** A server of its own, behind a proxy; `undefined` where there are no binaries. */
export async function mysqlGround(): Promise<Ground | undefined> {
  const server = await startOwnMysql();
  if (!server) return undefined;
  const { admin, adminUrl, reader, readerUrl, writer } = await freshMysqlDatabase(server.url);
  await admin.query(tables('integer not null auto_increment primary key'));
  for (const statement of [...LEDGER, NOTE_MADE]) await admin.query(statement);
  const grants = {
    reading: ['appointments', 'sessions'].map((table) => `select on ${table} to ${reader}`),
    writing: [`insert, delete on appointments to ${writer.user}`],
  };
  for (const grant of [...grants.reading, ...grants.writing, `select on appointments to ${writer.user}`])
    await admin.query(`grant ${grant}`);
  // A connection that stands idle would only be one more to break.
  await admin.end();
  const proxy = await TcpProxy.listen({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  const url = new URL(readerUrl);
  url.port = String(proxy.port);

  let desk: Connection | undefined;
  const query = async (statement: string) => {
    desk ??= await connectMysql(adminUrl);
    try {
      const [rows] = await desk.query(statement);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } catch (error) {
      // Whether it was the statement or the connection: the next one has a new one.
      const broken = desk;
      desk = undefined;
      broken.destroy();
      throw error;
    }
  };
  const turned = (name: string, on: readonly string[], off: readonly string[]): Fault => ({
    name,
    strike: async (random) => {
      for (const statement of off) await insist(() => query(statement));
      await sleep(random.int(500, 4_000));
      for (const statement of on) await insist(() => query(statement));
    },
  });
  const rights = (name: string, granted: readonly string[]) =>
    turned(
      name,
      granted.map((grant) => `grant ${grant}`),
      granted.map((grant) => `revoke ${grant.replace(' to ', ' from ')}`),
    );
  return {
    engine: 'mysql',
    described: 'a MySQL or MariaDB server, behind a proxy',
    reach: { engine: 'mysql', url: url.href, write: writer },
    missing: [],
    faults: [
      ...roadFaults(proxy, MARKS),
      ...serverFaults(server),
      {
        name: 'connections ended',
        strike: async (random: Random) => {
          const ours = `user in ('${reader}', '${writer.user}')`;
          const found = await insist(() => query(`select id as id from information_schema.processlist where ${ours}`));
          for (const { id } of found) {
            if (random.chance(0.5)) await query(`kill connection ${Number(id)}`).catch(() => undefined);
          }
        },
      },
      rights('reading revoked', grants.reading),
      rights('writing revoked', grants.writing),
      turned('server read-only', ['set global read_only = 0'], ['set global read_only = 1']),
      {
        name: 'tables locked',
        strike: async (random: Random) => {
          // As a backup does; the front desk waits as well.
          const backup = await insist(() => connectMysql(adminUrl));
          await backup.query('lock tables appointments read, sessions read').catch(() => undefined);
          await sleep(random.int(500, 4_000));
          backup.destroy();
        },
      },
    ],
    random: 'rand()',
    query,
    transaction: async (statements) => {
      await query(['begin', ...statements, 'commit'].join('; '));
    },
    close: async () => {
      desk?.destroy();
      await proxy.close();
      await server.stop();
    },
  };
}
