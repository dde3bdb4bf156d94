import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { freshMysqlDatabase, type TestMysqlDatabase } from '../../test/servers/mysql.js';
import { freshDatabase, type TestDatabase } from '../../test/servers/postgres.js';

/** A typical practice: five practitioners. */
export const PAST_ROWS = 200_000;
export const FUTURE_ROWS = 13_000;
/** Rows up to this id are there from the beginning. */
export const LAST_ID = PAST_ROWS + FUTURE_ROWS;

export const SCHEMA: ClinicSchema = {
  zone: 'Australia/Melbourne',
  appointments: {
    table: 'appt',
    id: 'id',
    practitioner: 'doctor',
    location: 'room',
    start: 'starts',
    end: 'ends',
    time: 'wall',
  },
};

/** Five years back and 120 days ahead, a quarter of an hour each. */
const PAST_STEP = `${String((5 * 365 * 86_400) / PAST_ROWS)} seconds`;
const FUTURE_STEP = `${String((120 * 86_400) / FUTURE_ROWS)} seconds`;

export async function postgresClinic(serverUrl: string): Promise<TestDatabase & { version: string }> {
  const database = await freshDatabase(serverUrl);
  const { admin, reader } = database;
  await admin.query(`
    create table appt (id int primary key, doctor int not null, room int not null, starts timestamp not null, ends timestamp not null);
    insert into appt select i, i % 5, i % 3, t, t + interval '15 minutes' from (
      select i, date_trunc('minute', now() - interval '2 days' - i * interval '${PAST_STEP}') as t
        from generate_series(1, ${String(PAST_ROWS)}) i
      union all
      select ${String(PAST_ROWS)} + i, date_trunc('minute', now() + interval '2 days' + i * interval '${FUTURE_STEP}')
        from generate_series(1, ${String(FUTURE_ROWS)}) i) rows;
    create index on appt (starts);
    grant select on appt to ${reader}`);
  await admin.query('vacuum analyze appt');
  const { rows } = await admin.query<{ version: string }>(`select current_setting('server_version') as version`);
  return { ...database, version: rows[0]?.version ?? 'unknown' };
}

export async function mysqlClinic(serverUrl: string): Promise<TestMysqlDatabase & { version: string }> {
  const database = await freshMysqlDatabase(serverUrl);
  const { admin, reader } = database;
  const step = (text: string) => Number(text.replace(' seconds', ''));
  const fill = (rows: number, first: number, from: string, stepS: number) =>
    admin.query(`insert into appt select ${first} + seq, seq % 5, seq % 3,
      date_format(now() ${from} + interval seq * ${stepS} second, '%Y-%m-%d %H:%i'),
      date_format(now() ${from} + interval seq * ${stepS} + 900 second, '%Y-%m-%d %H:%i') from seq_1_to_${rows}`);
  await admin.query(`create table appt (id int primary key, doctor int not null, room int not null, starts datetime not null,
    ends datetime not null, key (starts)); grant select on appt to ${reader}`);
  await fill(PAST_ROWS, 0, '- interval 2 day', -step(PAST_STEP));
  await fill(FUTURE_ROWS, PAST_ROWS, '+ interval 2 day', step(FUTURE_STEP));
  await admin.query('analyze table appt');
  const [rows] = await admin.query('select version() as version');
  return { ...database, version: (rows as { version: string }[])[0]?.version ?? 'unknown' };
}

export interface SqliteClinic {
  readonly path: string;
  readonly version: string;
  drop(): Promise<void>;
}

export async function sqliteClinic(): Promise<SqliteClinic> {
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-bench-'));
  const path = join(folder, 'clinic.db');
  const db = new DatabaseSync(path);
  db.exec(`pragma journal_mode = wal; pragma synchronous = normal;
    create table appt (id integer primary key, doctor int not null, room int not null, starts text not null, ends text not null)`);
  const fill = (first: number, rows: number, from: string, step: string) =>
    db.exec(`insert into appt with recursive n(i) as (select 1 union all select i + 1 from n where i < ${String(rows)})
      select ${String(first)} + i, i % 5, i % 3, datetime('now', '${from}', (i * ${step}) || ' seconds'),
        datetime('now', '${from}', (i * ${step} + 900) || ' seconds') from n`);
  fill(0, PAST_ROWS, '-2 days', `-${PAST_STEP.replace(' seconds', '')}`);
  fill(PAST_ROWS, FUTURE_ROWS, '+2 days', FUTURE_STEP.replace(' seconds', ''));
  db.exec('create index appt_starts on appt (starts); analyze; pragma wal_checkpoint(truncate)');
  const version = String(db.prepare('select sqlite_version() as version').get()?.['version']);
  db.close();
  return { path, version, drop: () => rm(folder, { recursive: true, force: true }) };
}
