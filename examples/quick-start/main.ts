import { ClinicSync, toIso } from 'clinic-sync';
import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
import { sqliteAdapter } from 'clinic-sync/sqlite';

import { openPractice } from './practice.js';

const practice = openPractice();
const columns = {
  id: 'id',
  practitioner: 'doctor',
  location: 'room',
  start: 'starts',
  end: 'ends',
  time: 'wall',
} as const;

const sync = new ClinicSync({
  clinicId: 'northcote',
  adapter: sqliteAdapter({
    path: practice.path,
    write: true,
    schema: {
      zone: 'Australia/Melbourne',
      appointments: { table: 'appointments', ...columns, booking: { token: 'token', patient: 'patient' } },
      sessions: { table: 'sessions', ...columns, slotMinutes: 15 },
    },
  }),
  mirror: sqliteMirror({ path: `${practice.path}.mirror` }),
});

// Every change, told once, with the cursor to go on from after a restart.
sync.on('appointment.created', ({ row, cursor }) => {
  console.log(
    `booked at the clinic: ${row.practitionerIds.join()} at ${toIso(row.start)} (cursor ends in ${cursor.slice(-3)})`,
  );
});

const started = await sync.start();
if (started.isErr()) throw started.error;
console.log(`${sync.clinicId} is ${started.value.phase}`);

const answer = await sync.availability({ practitionerIds: ['dr-lee'], limit: 3 });
if (answer.isErr()) throw answer.error;
const [slot] = answer.value.slots;
if (!slot) throw new Error('nothing is free');
console.log(`free (${answer.value.freshness}): ${answer.value.slots.map(({ start }) => toIso(start)).join(', ')}`);

// A patient fills in the form, and the receptionist is quicker.
await new Promise<void>((resolve) => {
  sync.watchSlot(slot).subscribe(({ state }) => {
    console.log(`the patient's slot is ${state}`);
    if (state === 'available') practice.bookAtTheDesk('09:00', '09:15');
    else resolve();
  });
});

// The next one it is: asked again under the same key, it is the same booking.
const [, next] = answer.value.slots;
if (!next) throw new Error('nothing else is free');
const booking = await sync.book({ slot: next, idempotencyKey: 'form-4711', details: { patient: 'P-17' } });
console.log(booking.isOk() ? `booked as appointment ${booking.value.row.id}` : `not booked: ${booking.error.code}`);

await sync.stop();
practice.close();
