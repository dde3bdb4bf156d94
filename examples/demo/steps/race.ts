import { setTimeout as sleep } from 'node:timers/promises';

import { patientOnline } from '../clinic.js';
import { toWall } from '../clinic-time.js';
import * as print from '../print.js';
import type { OnlineRequest, Tale } from './tale.js';

const TWO_WEEKS_MS = 14 * 86_400_000;
const RACES = 6;

type Slot = OnlineRequest['slot'];

/** In turn: two patients online at once, and one of them against the receptionist, who looks at nothing before she writes. */
export async function racesForOneSlot(tale: Tale): Promise<void> {
  const slots = await freeSlots(tale, TWO_WEEKS_MS, RACES);
  for (const [nth, slot] of slots.entries()) {
    const where = `Dr ${slot.practitionerId}  ${print.moment(slot.start)}`;
    if (nth % 2 === 0) {
      const [mia, noah] = await Promise.all([
        bookOnline(tale, slot, `mia-${nth}`),
        bookOnline(tale, slot, `noah-${nth}`),
      ]);
      print.line(`${where}  Mia online: ${colored(mia)} · Noah online: ${colored(noah)}`);
      continue;
    }
    const place = { practitioner: Number(slot.practitionerId), starts: toWall(slot.start) };
    const [mia, change] = await Promise.all([bookOnline(tale, slot, `mia-${nth}`), tale.desk.call('insertAt', place)]);
    tale.seen.changes.push(change);
    print.line(`${where}  Mia online: ${colored(mia)} · the receptionist: ${colored('booked')}`);
  }
  // A booking that was taken back may still be on its way to the copy; what comes next is to be the outage's alone.
  await sleep(1_000);
}

export async function freeSlots({ platform }: Tale, fromNowMs: number, limit: number): Promise<Slot[]> {
  const { slots } = await platform.child.call('availability', { from: Date.now() + fromNowMs, limit });
  return slots.map(({ practitionerId, start, end }) => ({ practitionerId, start, end }));
}

/** What became of it; a process that dies first answers nothing. */
export async function bookOnline(tale: Tale, slot: Slot, key: string): Promise<string> {
  const patient = patientOnline(key);
  const { result, id } = await tale.platform.child
    .call('book', { slot, key, patient })
    .catch(() => ({ result: 'no answer', id: undefined }));
  if (result === 'booked') await leaveToThem(tale, slot);
  tale.seen.requests.push({ key, patient, slot, result, id });
  return result;
}

/** The receptionist looks at her book before her next insert. */
export async function leaveToThem({ desk }: Tale, { practitionerId, start }: Slot): Promise<void> {
  await desk.call('taken', { practitioner: Number(practitionerId), starts: toWall(start) });
}

function colored(result: string): string {
  return result === 'booked' ? print.color.green(result) : print.color.red(result);
}
