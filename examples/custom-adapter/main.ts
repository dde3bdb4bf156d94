/** The adapter of docs/WRITING-AN-ADAPTER.md at work: a diary that knows neither pulse nor digests is followed all the same. */
import { ClinicSync, toIso } from 'clinic-sync';
import { filter, firstValueFrom } from 'rxjs';

import { diaryAdapter } from './adapter.js';
import { Diary } from './diary.js';

const diary = new Diary();
const write = (id: string, from: string, to: string) =>
  diary.execute((entries) => ({
    entries: [...entries, { id, doctor: 'dr-lee', room: null, from, to, token: null }],
    answer: undefined,
  }));
await write('1', '2099-11-23 09:00', '2099-11-23 09:15');

const sync = new ClinicSync({
  clinicId: 'diary',
  adapter: diaryAdapter(diary, 'Australia/Melbourne'),
  // Without a pulse it looks every ten seconds, unless it is told to be quicker.
  tuning: { sweepMs: 200 },
});
const started = await sync.start();
if (started.isErr()) throw started.error;
console.log(`the diary is ${started.value.phase}, watched by ${String(started.value.capture)}`);
sync.on('appointment.created', ({ row }) => {
  console.log(`written into the diary: ${row.practitionerIds.join()} at ${toIso(row.start)}`);
});
const told = firstValueFrom(sync.events$.pipe(filter(({ type }) => type === 'appointment.created')));
await write('2', '2099-11-23 09:30', '2099-11-23 09:45');
await told;
await sync.stop();
