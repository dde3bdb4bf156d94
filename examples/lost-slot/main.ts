/** A patient fills in the form for a slot, and the receptionist gives it to somebody on the telephone. */
import { ClinicSync } from 'clinic-sync';
import { firstValueFrom, filter } from 'rxjs';

import { clock, Practice, started } from '../practice/practice.js';

const practice = new Practice(['dr-lee']);
const sync = await started(new ClinicSync({ clinicId: 'northcote', adapter: practice.adapter() }));

const answer = await sync.availability({ limit: 2 });
if (answer.isErr()) throw answer.error;
const [slot, another] = answer.value.slots;
if (!slot || !another) throw new Error('nothing is free');

console.log(`the form is open for ${clock(slot.start)}`);
const lost = firstValueFrom(sync.watchSlot(slot).pipe(filter(({ state }) => state !== 'available')));
const told = performance.now();
practice.book('dr-lee', '09:00', '09:15');
const { state } = await lost;
console.log(`${(performance.now() - told).toFixed(0)} ms after the desk's write the form says: this time is ${state}`);

const refused = await sync.book({ slot, idempotencyKey: 'form-1' });
console.log(`pressing the button all the same: ${refused.isErr() ? refused.error.code : 'booked'}`);

// A host that wants to be sure while its patient types keeps the slot: other patients online see it as taken.
const held = await sync.hold({ slot: another, idempotencyKey: 'form-2', ttlMs: 60_000 });
console.log(`${clock(another.start)} is ${held.isOk() ? 'kept for one minute' : held.error.code}`);
const second = await sync.slot(another);
console.log(`to others it is ${second.isOk() ? second.value.state : second.error.code}`);
const booked = await sync.book({ slot: another, idempotencyKey: 'form-2' });
console.log(booked.isOk() ? `booked as appointment ${booked.value.row.id}` : booked.error.code);

await sync.stop();
practice.close();
