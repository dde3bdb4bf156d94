import { setTimeout as sleep } from 'node:timers/promises';

import { isRowEvent } from '../../../src/index.js';
import { Platform } from '../platform.js';
import * as print from '../print.js';
import { differences } from './outage.js';
import { bookOnline, freeSlots } from './race.js';
import type { Tale } from './tale.js';

const BURST = 100;
const BOOKINGS = 6;
const THREE_WEEKS_MS = 21 * 86_400_000;

/** Dies in the middle of a roster edit of a hundred changes in one second, and comes back. */
export async function hostKilled(tale: Tale): Promise<void> {
  const { platform, desk, seen } = tale;
  const from = platform.heard.length;
  const told = () => platform.heard.slice(from).filter(({ event }) => isRowEvent(event)).length;
  print.line(`the receptionist begins ${BURST} changes in a second …`);
  const changes = desk.call('burst', { count: BURST, overMs: 1_000 });
  await platform.until('the middle of the burst', () => told() >= 30);
  const slots = await freeSlots(tale, THREE_WEEKS_MS, BOOKINGS);
  const booked = slots.map((slot, i) => bookOnline(tale, slot, `ava-${i}`));
  // The first is answered; what of the others has reached the clinic by now, nobody can know.
  await Promise.race(booked);
  await platform.child.kill();
  const answers = await Promise.all(booked);
  seen.unanswered = answers.filter((answer) => answer === 'no answer').length;
  print.line(`${print.color.red('SIGKILL')} to process ${platform.child.pid}, which had told ${told()} row events`);
  const made = await changes;
  seen.changes.push(...made);
  print.line(`${print.plural(BOOKINGS, 'booking')} online were under way; ${seen.unanswered} of them never answered`);
  print.line(`the receptionist finished all ${made.length}, unaware`);
  await sleep(300);

  const next = new Platform(tale.hostOptions);
  tale.platform = next;
  const began = performance.now();
  const { status, resumedFrom } = await next.child.call('start', undefined);
  const { event } = await next.untilEvent('resync.completed', 0);
  print.line(
    `process ${next.child.pid} on the same mirror: ${print.color.green(status.phase)} after ` +
      `${print.seconds(performance.now() - began)} ${print.color.dim(`(reason ${event.reason})`)}`,
  );
  print.line(differences(event));
  print.line(`its consumer went on from the cursor that it had stored ${print.color.dim(resumedFrom ?? '')}`);
  await settleAll(tale);
  seen.crashReason = event.reason;
  seen.resumed = resumedFrom !== null;
}

/** The next process knows what became of every booking of the one before it. */
async function settleAll(tale: Tale): Promise<void> {
  const { platform, seen } = tale;
  const results: string[] = [];
  for (const [at, request] of seen.requests.entries()) {
    if (request.result !== 'no answer') continue;
    const { result, id } = await platform.child.call('outcome', request.key);
    seen.requests[at] = { ...request, result, id };
    results.push(result);
  }
  const counts = [...new Set(results)].map((result) => `${results.filter((each) => each === result).length} ${result}`);
  print.line(
    `and it knows what became of the bookings that were never answered: ${print.color.cyan(counts.join(', '))}`,
  );
}
