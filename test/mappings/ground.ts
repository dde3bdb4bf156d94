import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { freshMysqlDatabase, sharedMysql } from '../servers/mysql.js';
import { freshDatabase, sharedPostgres } from '../servers/postgres.js';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** A clinic's database of any engine, whose tables a test makes. The adapter reads and writes with logins of its own. */
export interface Ground {
  readonly engine: 'sqlite' | 'postgres' | 'mysql';
  /** The engine's own word for a type. */
  readonly types: Readonly<Record<'date' | 'time' | 'datetime' | 'serial', string>>;
  run(text: string): Promise<readonly Row[]>;
  /** Makes a table that both logins may use. */
  table(name: string, columns: string): Promise<void>;
  insert(table: string, rows: readonly Row[]): Promise<void>;
  adapter(schema: ClinicSchema, access?: 'read' | 'write'): ClinicAdapter;
  dispose(): Promise<void>;
}

const [postgresServer, mysqlServer] = [await sharedPostgres(), await sharedMysql()];

/** Every engine, and whether there is a server for it. */
export const GROUNDS: readonly (readonly [Ground['engine'], boolean, () => Promise<Ground>])[] = [
  ['sqlite', true, openSqlite],
  ['postgres', postgresServer !== undefined, openPostgres],
  ['mysql', mysqlServer !== undefined, openMysql],
];

function literal(value: Value): string {
  if (value === null) return 'null';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

/** A few hundred rows in a statement. */
function inserts(table: string, rows: readonly Row[]): string[] {
  const [first] = rows;
  if (!first) return [];
  const columns = Object.keys(first);
  const texts = rows.map((row) => `(${columns.map((name) => literal(row[name] ?? null)).join(', ')})`);
  const pages = Array.from({ length: Math.ceil(texts.length / 500) }, (_, i) => texts.slice(i * 500, (i + 1) * 500));
  return pages.map((page) => `insert into ${table} (${columns.join(', ')}) values ${page.join(', ')}`);
}

async function openSqlite(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-mappings-'));
  const path = join(folder, 'clinic.db');
  const db = new DatabaseSync(path);
  db.exec('pragma journal_mode = wal; pragma synchronous = off');

  const run = async (text: string) => {
    if (/^\s*(select|explain)/i.test(text)) return db.prepare(text).all() as Row[];
    db.exec(text);
    return [];
  };
  return {
    engine: 'sqlite',
    types: { date: 'date', time: 'time', datetime: 'datetime', serial: 'integer primary key' },
    run,
    table: async (name, columns) => {
      await run(`create table ${name} (${columns})`);
    },
    insert: async (table, rows) => {
      for (const text of inserts(table, rows)) await run(text);
    },
    adapter: (schema, access = 'read') => sqliteAdapter({ path, schema, write: access === 'write' }),

    dispose: async () => {
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openPostgres(): Promise<Ground> {
  const { admin, reader, readerUrl, writer, drop } = await freshDatabase(postgresServer?.url ?? '');
  const run = async (text: string) => (await admin.query<Row>(text)).rows;
  return {
    engine: 'postgres',
    types: { date: 'date', time: 'time', datetime: 'timestamp', serial: 'serial primary key' },
    run,
    table: async (name, columns) => {
      await run(`create table ${name} (${columns})`);
      await run(`grant select on ${name} to ${reader}; grant select, insert, update, delete on ${name} to ${writer.user};
        grant usage on all sequences in schema public to ${writer.user}`);
    },
    insert: async (table, rows) => {
      for (const text of inserts(table, rows)) await run(text);
    },
    adapter: (schema, access = 'read') =>
      postgresAdapter({ connection: readerUrl, schema, ...(access === 'write' && { write: writer }) }),
    dispose: drop,
  };
}

async function openMysql(): Promise<Ground> {
  const { admin, reader, readerUrl, writer, drop } = await freshMysqlDatabase(mysqlServer?.url ?? '');
  // What the practice's own software wants of its sessions.
  await admin.query(`set session time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES,NO_BACKSLASH_ESCAPES'`);
  const run = async (text: string) => (await admin.query(text))[0] as Row[];
  return {
    engine: 'mysql',
    types: { date: 'date', time: 'time', datetime: 'datetime', serial: 'int not null auto_increment primary key' },
    run,
    table: async (name, columns) => {
      await run(`create table ${name} (${columns})`);
      await run(`grant select on ${name} to ${reader}`);
      await run(`grant select, insert, update, delete on ${name} to ${writer.user}`);
    },
    insert: async (table, rows) => {
      for (const text of inserts(table, rows)) await run(text);
    },
    adapter: (schema, access = 'read') =>
      mysqlAdapter({ connection: readerUrl, schema, ...(access === 'write' && { write: writer }) }),
    dispose: drop,
  };
}
