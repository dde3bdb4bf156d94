/** Postgres that tells by itself: what is installed at the clinic is shown as SQL first, and removed again at the end. */
import { ClinicSync } from 'clinic-sync';
import { installPostgresPush, postgresAdapter, postgresPushSql, removePostgresPush } from 'clinic-sync/postgres';
import { filter, firstValueFrom } from 'rxjs';

import { freshDatabase, sharedPostgres } from '../../test/servers/postgres.js';
import { started } from '../practice/practice.js';

const server = await sharedPostgres();
if (!server) process.exit(0);
const clinic = await freshDatabase(server.url);
await clinic.admin.query(`
  create table appointments (id serial primary key, doctor text not null, starts timestamptz not null, ends timestamptz not null);
  create index on appointments (starts);
  grant select on appointments to ${clinic.reader}`);

const schema = {
  zone: 'Australia/Melbourne',
  appointments: {
    table: 'appointments',
    id: 'id',
    practitioner: 'doctor',
    start: 'starts',
    end: 'ends',
    time: 'instant',
  },
} as const;

const owner = { connection: clinic.adminUrl, schema };
const { install } = postgresPushSql(schema);
console.log(`whoever owns the database is shown ${String(install.length)} statements before they are run, among them:`);
console.log(`  ${(install.find((text) => /create trigger/i.test(text)) ?? '').trim().split('\n').join('\n  ')}`);
const installed = await installPostgresPush(owner);
if (installed.isErr()) throw installed.error;

// The login that the library itself uses may read, and nothing else.
const sync = new ClinicSync({
  clinicId: 'northcote',
  adapter: postgresAdapter({ connection: clinic.readerUrl, schema, push: 'trigger' }),
});
await started(sync);
console.log(`changes are noticed by ${String(sync.status.capture)}`);

for (let i = 1; i <= 5; i++) {
  const told = firstValueFrom(sync.events$.pipe(filter(({ type }) => type === 'appointment.created')));
  const began = performance.now();
  await clinic.admin.query(
    `insert into appointments (doctor, starts, ends)
     values ('dr-lee', now() + $1 * interval '1 day', now() + $1 * interval '1 day' + interval '15 minutes')`,
    [i],
  );
  await told;
  console.log(
    `appointment ${String(i)}: ${(performance.now() - began).toFixed(1)} ms from sending the INSERT to the event`,
  );
}

await sync.stop();
const removed = await removePostgresPush(owner);
if (removed.isErr()) throw removed.error;
const { rows } = await clinic.admin.query("select 1 from pg_trigger where tgname like 'clinic_sync%'");
console.log(`removed; ${String(rows.length)} triggers of ours are left`);
await clinic.drop();
await server.stop();
