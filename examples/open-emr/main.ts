/** A practice on OpenEMR's tables (MySQL or MariaDB), by the ready mapping: what its desk writes, and what a patient can book. */
import { ClinicSync } from 'clinic-sync';
import { mysqlAdapter } from 'clinic-sync/mysql';
import { openEmr } from 'clinic-sync/presets';
import { filter, firstValueFrom } from 'rxjs';

import { freshMysqlDatabase, sharedMysql } from '../../test/servers/mysql.js';
import { OPEN_EMR } from '../../test/presets/systems.js';
import { clock, started } from '../practice/practice.js';

const server = await sharedMysql();
if (!server) process.exit(0);
const clinic = await freshMysqlDatabase(server.url);
const { admin, reader, writer } = clinic;
// OpenEMR relies on dates of zeros.
await admin.query("set sql_mode = ''");
for (const [table, columns] of Object.entries(OPEN_EMR.tables)) await admin.query(`create table ${table} (${columns})`);
await admin.query(`grant select on openemr_postcalendar_events to ${reader}`);
await admin.query(`grant select, insert, update on openemr_postcalendar_events to ${writer.user}`);

/** One row of OpenEMR's calendar, as its own screens write them. Category 2: in office, 5: an office visit. */
const event = async (category: number, from: string, minutes: number, status = '-') => {
  const [answer] = await admin.query(
    `insert into openemr_postcalendar_events
       (pc_catid, pc_aid, pc_facility, pc_eventDate, pc_startTime, pc_endTime, pc_duration, pc_apptstatus)
     values (?, '7', 3, curdate() + interval 2 day, ?, addtime(?, sec_to_time(?)), ?, ?)`,
    [category, from, from, minutes * 60, minutes * 60, status],
  );
  return (answer as { insertId: number }).insertId;
};
await event(2, '09:00', 60);
await event(5, '09:00', 15);
// Cancelled appointments stay in the table, and take no time.
await event(5, '09:15', 15, 'x');

const sync = new ClinicSync({
  clinicId: 'open-emr',
  adapter: mysqlAdapter({
    connection: clinic.readerUrl,
    schema: openEmr({ zone: 'Australia/Melbourne', token: 'pc_website' }),
    write: writer,
  }),
});
await started(sync);
const show = async () => {
  const answer = await sync.availability({ practitionerIds: ['7'] });
  if (answer.isErr()) throw answer.error;
  console.log(`provider 7 is free at ${answer.value.slots.map(({ start }) => clock(start)).join(', ')}`);
  return answer.value.slots;
};
const [slot] = await show();
if (!slot) throw new Error('nothing is free');

const booked = await sync.book({ slot, idempotencyKey: 'form-1', details: { patient: '4711', type: 'Office visit' } });
if (booked.isErr()) throw booked.error;
const [rows] = await admin.query(
  `select pc_catid, pc_aid, pc_pid, pc_title, pc_startTime, pc_endTime, pc_duration, pc_apptstatus
   from openemr_postcalendar_events where pc_eid = ?`,
  [booked.value.row.id],
);
console.log('booked, as OpenEMR sees it:', JSON.stringify((rows as unknown[])[0]));
await show();

const gone = firstValueFrom(sync.events$.pipe(filter(({ type }) => type === 'appointment.deleted')));
await admin.query(
  "update openemr_postcalendar_events set pc_apptstatus = 'x' where pc_catid = 5 and pc_startTime = '09:00'",
);
await gone;
console.log('the desk marks the first appointment as cancelled: told as a deletion');
await show();

await sync.stop();
await clinic.drop();
await server.stop();
