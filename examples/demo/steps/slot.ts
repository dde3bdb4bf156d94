import { setTimeout as sleep } from 'node:timers/promises';

import { toWall } from '../clinic-time.js';
import * as print from '../print.js';
import type { Tale } from './tale.js';

const WEEK_MS = 7 * 86_400_000;

/** A slot that somebody is filling in a form for goes to the telephone. */
export async function vanishingSlot({ platform, desk, seen }: Tale): Promise<void> {
  const { slots } = await platform.child.call('availability', { from: Date.now() + WEEK_MS, limit: 1 });
  const [slot] = slots;
  if (!slot) throw new Error('No slot is free.');
  const { practitionerId, start, end } = slot;
  await platform.child.call('watchSlot', { practitionerId, start, end });
  const first = await platform.until('the first answer about the slot', () => platform.slots[0]);
  print.line(
    `Dr ${practitionerId}  ${print.moment(start)} is ${print.color.green(first.slot.state)} ` +
      print.color.dim(`(${first.slot.freshness}); a patient begins to fill in the form …`),
  );
  await sleep(200);
  const change = await desk.call('insertAt', { practitioner: Number(practitionerId), starts: toWall(start) });
  seen.changes.push(change);
  const last = await platform.until('the slot to vanish', () =>
    platform.slots.find((answer) => answer.slot.state === 'taken'),
  );
  seen.slotVanished = first.slot.state === 'available' && last.slot.freshness === 'live';
  print.line(
    `… and it is ${print.color.red(last.slot.state)}: booked at the desk, ` +
      `on the form ${print.color.cyan(print.millis(last.at - change.committedAt))} after the commit`,
  );
}
