import { freshDatabase, type TestDatabase } from '../../test/servers/postgres.js';
import { OPEN_DAYS, SLOTS_A_DAY, type Size } from './sizes.js';

/** A practice of this size on Postgres, the same each time but for today's date; every seventh day it is closed, and tomorrow it is open. */
export async function sizedPostgres(serverUrl: string, { practitioners, past, future }: Size): Promise<TestDatabase> {
  const database = await freshDatabase(serverUrl);
  const { admin, reader, writer } = database;
  const slot = (day: string) =>
    `select (row_number() over (order by d, p, k))::int as n, p, ${day} + interval '8 hours' + k * interval '15 minutes' as t
       from DAYS d, generate_series(1, ${String(practitioners)}) p, generate_series(0, ${String(SLOTS_A_DAY - 1)}) k`;
  const pastDays = Math.ceil(past / (practitioners * SLOTS_A_DAY));
  await admin.query(`
    create table appt (id int primary key, doctor int not null, room int not null, starts timestamp not null, ends timestamp not null, token text);
    create table sess (id int primary key, doctor int not null, room int not null, starts timestamp not null, ends timestamp not null);
    insert into appt select n, p, p % 9, t, t + interval '15 minutes' from (
      ${slot(`current_date - d`).replace('DAYS', `generate_series(1, ${String(pastDays)})`)}) rows where n <= ${String(past)};
    insert into appt select ${String(past)} + n, p, p % 9, t, t + interval '15 minutes' from (
      ${slot(`current_date + d + (d - 1) / 6`).replace('DAYS', `generate_series(1, ${String(OPEN_DAYS)})`)}) rows;
    insert into sess select (row_number() over (order by d, p, half))::int, p, p % 9, s, s + interval '5 hours' from (
      select d, p, half, current_date + d + (d - 1) / 6 + interval '8 hours' + half * interval '5 hours' as s
        from generate_series(1, ${String(OPEN_DAYS)}) d, generate_series(1, ${String(practitioners)}) p, generate_series(0, 1) half) rows;
    create index on appt (starts);
    create index on appt (doctor, starts);
    create index on sess (starts);
    grant select on appt, sess to ${reader};
    grant select, insert, delete on appt to ${writer.user};
    grant select on sess to ${writer.user}`);
  await admin.query('vacuum analyze appt');
  await admin.query('vacuum analyze sess');
  const { rows } = await admin.query<{ count: number }>('select count(*)::int from appt where starts >= current_date');
  if (rows[0]?.count !== future) throw new Error(`the practice has ${String(rows[0]?.count)} appointments ahead`);
  return database;
}
