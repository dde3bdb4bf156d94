/** A stranger's first program, the same text for a project of ES modules and for one of CommonJS: test/package/projects.test.ts runs it. */
import { ClinicSync, toIso, type ClinicEvent, type ClinicSyncError } from 'clinic-sync';
import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
import { defineClinicSchema, sqliteAdapter } from 'clinic-sync/sqlite';
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const DAY = 86_400_000;
const day = new Date(Date.now() + 2 * DAY).toISOString().slice(0, 10);

rmSync('practice.db', { force: true });
rmSync('practice.mirror', { force: true });
const desk = new DatabaseSync('practice.db');
desk.exec(`
  create table appointments (id integer primary key, doctor text, starts text, ends text, token text);
  create table sessions (id integer primary key, doctor text, starts text, ends text);
  insert into sessions values (1, 'dr-lee', '${day} 09:00', '${day} 10:00');
  insert into appointments values (1, 'dr-lee', '${day} 09:15', '${day} 09:30', null);
`);

const columns = { id: 'id', practitioner: 'doctor', start: 'starts', end: 'ends', time: 'wall' } as const;
const schema = defineClinicSchema({
  zone: 'Australia/Melbourne',
  appointments: { table: 'appointments', ...columns, booking: { token: 'token' } },
  sessions: { table: 'sessions', ...columns, slotMinutes: 15 },
});

async function main(): Promise<void> {
  const sync = new ClinicSync({
    clinicId: 'northcote',
    adapter: sqliteAdapter({ path: 'practice.db', schema, write: true }),
    mirror: sqliteMirror({ path: 'practice.mirror' }),
  });
  const told: string[] = [];
  sync.events$.subscribe((event: ClinicEvent) => {
    if (event.type === 'appointment.created') told.push(event.row.id);
  });

  const started = await sync.start();
  if (started.isErr()) throw started.error;
  console.log(started.value.phase);

  const free = await sync.availability({ practitionerIds: ['dr-lee'] });
  if (free.isErr()) throw free.error;
  console.log(free.value.freshness, ...free.value.slots.map(({ start }) => toIso(start).slice(14, 16)));
  const [slot] = free.value.slots;
  if (slot === undefined) throw new Error('nothing is free');

  const booking = await sync.book({ slot, idempotencyKey: 'form-1' });
  if (booking.isErr()) throw booking.error;
  console.log(booking.value.row.id, told.join());

  const again = await sync.book({ slot, idempotencyKey: 'form-2' });
  const refusal: ClinicSyncError | undefined = again.isErr() ? again.error : undefined;
  console.log(refusal?.code, refusal?.retryable);
  await sync.stop();
  console.log(desk.prepare('select count(*) as n from appointments').get()?.['n'], sync.status.phase);
  desk.close();
}

void main();
