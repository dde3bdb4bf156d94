import type { ResultSetHeader } from 'mysql2';
import type { Connection } from 'mysql2/promise';

import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import type { SlotRef } from '../../src/domain/slot.js';
import { connectMysql, freshMysqlDatabase } from '../servers/mysql.js';
import { SCHEMA, tables, type PracticeClinic, type RawRow } from './practice.js';

export interface MysqlPractice extends PracticeClinic {
  /** Of the login that reads. */
  readonly readerUrl: string;
  readonly reader: string;
  readonly writer: { readonly user: string; readonly password: string };
  version(): Promise<string>;
}

const INSERT = 'insert into appointments (doctor, starts, ends) values (?, ?, ?)';
const values = ({ practitionerId, start, end }: SlotRef) => [practitionerId, start, end];

export async function mysqlPractice(
  serverUrl: string,
  engine: 'InnoDB' | 'MyISAM' = 'InnoDB',
  isFit = true,
): Promise<MysqlPractice> {
  const { admin, adminUrl, reader, readerUrl, writer, drop } = await freshMysqlDatabase(serverUrl);
  await admin.query(`set session default_storage_engine = ${engine}`);
  await admin.query(tables('integer not null auto_increment primary key'));
  if (!isFit) await admin.query('drop index appointments_by_doctor on appointments');
  await admin.query(`grant select on appointments to ${reader}, ${writer.user}; grant select on sessions to ${reader};
    grant insert, delete on appointments to ${writer.user}`);
  const opened = new Set<Connection>();
  return {
    engine: 'mysql',
    readerUrl,
    reader,
    writer,
    version: async () => {
      const [rows] = await admin.query('select version() as version');
      return (rows as { version: string }[])[0]?.version ?? 'unknown';
    },
    adapter: ({ port } = {}) => {
      const url = new URL(readerUrl);
      if (port !== undefined) url.port = String(port);
      return mysqlAdapter({ connection: url.href, schema: SCHEMA, write: writer, connectTimeoutMs: 3_000 });
    },
    insert: async (slot) => {
      const [made] = await admin.query<ResultSetHeader>(INSERT, values(slot));
      return String(made.insertId);
    },
    begin: async (slot) => {
      const client = await connectMysql(adminUrl);
      opened.add(client);
      await client.query('begin');
      await client.query(INSERT, values(slot));
      return {
        commit: async () => {
          await client.query('commit');
          opened.delete(client);
          await client.end();
        },
      };
    },
    run: async (statement) => (await admin.query(statement))[0],
    rows: async () => {
      const [rows] = await admin.query(
        'select cast(id as char) as id, cast(doctor as char) as doctor, starts, ends, token from appointments order by id',
      );
      return (rows as Record<keyof RawRow, string>[]).map((row) => ({
        ...row,
        starts: Number(row.starts),
        ends: Number(row.ends),
      }));
    },
    dispose: async () => {
      for (const client of opened) client.destroy();
      await drop();
    },
  };
}
