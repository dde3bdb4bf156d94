/** The line to the clinic is cut while its desk works on. What the host is told, and what a patient is answered, until all is well again. */
import { ClinicSync } from 'clinic-sync';
import { filter, firstValueFrom } from 'rxjs';

import { clock, Practice, started } from '../practice/practice.js';

const practice = new Practice(['dr-lee']);
const sync = new ClinicSync({
  clinicId: 'northcote',
  adapter: practice.adapter(),
  // So that nobody has to wait for this example: an outage is found within three seconds instead of ten.
  tuning: { heartbeatMs: 1_000, requestTimeoutMs: 1_000, retryCapMs: 1_000 },
});
sync.events$.subscribe((event) => {
  const more =
    'row' in event
      ? clock(event.row.start)
      : 'possibleConflict' in event
        ? `reason ${event.reason}, possible conflict: ${String(event.possibleConflict)}`
        : '';
  console.log(`  event ${event.type} ${more}`.trimEnd());
});
await started(sync);
const free = await sync.availability({ limit: 3 });
if (free.isErr()) throw free.error;
const [first, second] = free.value.slots;
if (!first || !second) throw new Error('nothing is free');
const gone = practice.book('dr-lee', '09:45', '10:00');
await firstValueFrom(sync.events$.pipe(filter(({ type }) => type === 'appointment.created')));

console.log('the line is cut, and the desk gives the first slot away and cancels another appointment');
practice.cutLine();
practice.book('dr-lee', '09:00', '09:15');
practice.cancel(gone);
await firstValueFrom(sync.status$.pipe(filter(({ phase }) => phase !== 'live')));

const answer = await sync.availability({ limit: 3 });
console.log(
  `availability is still answered, and labelled: ${answer.isOk() ? answer.value.freshness : answer.error.code}`,
);
const refused = await sync.book({ slot: second, idempotencyKey: 'form-1' });
console.log(`a booking is refused at once: ${refused.isErr() ? refused.error.code : 'booked'}`);

console.log('the line is mended');
practice.mendLine();
await firstValueFrom(sync.status$.pipe(filter(({ phase }) => phase === 'live')));
const booked = await sync.book({ slot: second, idempotencyKey: 'form-1' });
console.log(
  `the same booking, asked again: ${booked.isOk() ? `appointment ${booked.value.row.id}` : booked.error.code}`,
);

await sync.stop();
practice.close();
