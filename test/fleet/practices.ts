/** Many real practices: SQLite files and schemas of one Postgres database, each with a history that triggers write. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { Client } from 'pg';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';

/** A row's text: id and start, the latter on the practice's wall. */
export type Fact = `${'+' | '-'} ${string} ${string}`;

/** One practice, with a desk that writes to it. */
export interface Practice {
  readonly clinicId: string;
  readonly adapter: ClinicAdapter;
  book(start: string): Promise<void>;
  /** Takes the first appointment out. */
  cancelFirst(): Promise<void>;
  /** Everything that was ever inserted or deleted, in order. */
  history(): Promise<Fact[]>;
  /** The ids that are there now. */
  ids(): Promise<string[]>;
  close(): void;
}

const COLUMNS = { id: 'id', practitioner: 'doctor', start: 'starts', end: 'ends', time: 'wall' } as const;
const ZONE = 'Australia/Melbourne';

/** `YYYY-MM-DD HH:MM`, a quarter of an hour on. */
const quarterPast = (start: string) =>
  new Date(Date.parse(`${start.replace(' ', 'T')}Z`) + 900_000).toISOString().slice(0, 16).replace('T', ' ');

export function sqlitePractice(folder: string, clinicId: string): Practice {
  // Each in a folder of its own: a watch hears of everything in its folder.
  mkdirSync(join(folder, clinicId));
  const path = join(folder, clinicId, 'practice.db');
  const desk = new DatabaseSync(path);
  desk.exec(`
    pragma journal_mode = wal; pragma synchronous = off;
    create table appt (id integer primary key, doctor text not null, starts text not null, ends text not null);
    create index appt_starts on appt (starts);
    create table history (n integer primary key, fact text not null);
    create trigger inserted after insert on appt begin
      insert into history (fact) values ('+ ' || new.id || ' ' || new.starts); end;
    create trigger deleted after delete on appt begin
      insert into history (fact) values ('- ' || old.id || ' ' || old.starts); end;`);
  const insert = desk.prepare('insert into appt (doctor, starts, ends) values (?, ?, ?)');
  const remove = desk.prepare('delete from appt where id = (select min(id) from appt)');
  const all = (sql: string) =>
    desk
      .prepare(sql)
      .all()
      .map((row) => String(Object.values(row)[0]));
  return {
    clinicId,
    adapter: sqliteAdapter({
      path,
      schema: { zone: ZONE, appointments: { table: 'appt', ...COLUMNS } },
    }),
    book: async (start) => void insert.run('dr-lee', start, quarterPast(start)),
    cancelFirst: async () => void remove.run(),
    history: async () => all('select fact from history order by n') as Fact[],
    ids: async () => all('select id from appt'),
    close: () => {
      desk.close();
    },
  };
}

/** `admin` writes for all of them; `url` is the reader's. */
export async function postgresPractice(
  admin: Client,
  login: { readonly url: string; readonly reader: string },
  clinicId: string,
): Promise<Practice> {
  const schema = clinicId.replaceAll('-', '_');
  await admin.query(`
    create schema ${schema};
    create table ${schema}.appt (id serial primary key, doctor text not null, starts timestamp not null, ends timestamp not null);
    create index on ${schema}.appt (starts);
    create table ${schema}.history (n serial primary key, fact text not null);
    create function ${schema}.note() returns trigger language plpgsql as $$ begin
      if tg_op = 'INSERT'
      then insert into ${schema}.history (fact) values ('+ ' || new.id || to_char(new.starts, ' YYYY-MM-DD HH24:MI'));
      else insert into ${schema}.history (fact) values ('- ' || old.id || to_char(old.starts, ' YYYY-MM-DD HH24:MI'));
      end if; return null; end $$;
    create trigger noted after insert or delete on ${schema}.appt for each row execute function ${schema}.note();
    grant usage on schema ${schema} to ${login.reader};
    grant select on ${schema}.appt to ${login.reader}`);
  const all = async (sql: string) =>
    (await admin.query<Record<string, unknown>>(sql)).rows.map((row) => String(Object.values(row)[0]));
  return {
    clinicId,
    adapter: postgresAdapter({
      connection: login.url,
      readConnections: 1,
      schema: { zone: ZONE, appointments: { table: [schema, 'appt'], ...COLUMNS } },
    }),
    book: async (start) => {
      const values = [start, quarterPast(start)];
      await admin.query(`insert into ${schema}.appt (doctor, starts, ends) values ('dr-lee', $1, $2)`, values);
    },
    cancelFirst: async () => {
      await admin.query(`delete from ${schema}.appt where id = (select min(id) from ${schema}.appt)`);
    },
    history: async () => (await all(`select fact from ${schema}.history order by n`)) as Fact[],
    ids: async () => all(`select id from ${schema}.appt`),
    close: () => undefined,
  };
}
