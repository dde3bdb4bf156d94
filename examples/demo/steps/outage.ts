import { setTimeout as sleep } from 'node:timers/promises';

import * as print from '../print.js';
import { bookOnline, freeSlots } from './race.js';
import { expectedCounts, type Tale } from './tale.js';

const CHANGES = 15;

export async function cablePulled(tale: Tale): Promise<void> {
  const { clinic, platform, desk, seen } = tale;
  const pulledAt = performance.now();
  await clinic.cable.pull();
  print.line(`${print.color.red('pulled')} ${print.color.dim(clinic.cable.pulled)}`);
  const changes = desk.call('burst', { count: CHANGES, overMs: 800 });
  await platform.until('the platform to find out', () => platform.status?.phase !== 'live');
  print.line(
    `${print.color.red(platform.status?.phase ?? '')} after ${print.seconds(performance.now() - pulledAt)} ` +
      print.color.dim(`(${platform.status?.lastFault})`),
  );
  await answerOffline(tale);
  await askInVain(tale);
  const made = await changes;
  seen.changes.push(...made);
  await sleep(500);
  await answerOffline(tale);
  print.line(`meanwhile, the receptionist made ${print.plural(made.length, 'change')}`);

  const from = platform.heard.length;
  const backAt = performance.now();
  await clinic.cable.putBack();
  const started = await platform.untilEvent('resync.started', from);
  print.line(
    `${print.color.green('put back')}; resync.started after ${print.seconds(performance.now() - backAt)} ` +
      print.color.dim(`(reason ${started.event.reason}, possibleConflict ${started.event.possibleConflict})`),
  );
  const { event } = await platform.untilEvent('resync.completed', from);
  print.line(differences(event));
  await platform.until('live', () => platform.status?.phase === 'live');
  print.line(print.color.green('live'));
  const expected = expectedCounts(made);
  seen.outage = {
    possibleConflict: started.event.possibleConflict && started.event.reason === 'outage',
    differences:
      event.created === expected.created && event.deleted === expected.deleted && event.replaced === expected.replaced,
  };
}

export function differences(report: {
  created: number;
  deleted: number;
  replaced: number;
  durationMs: number;
}): string {
  const { created, deleted, replaced, durationMs } = report;
  return (
    `resync.completed in ${print.seconds(durationMs)}: ${created - replaced} booked, ${deleted - replaced} cancelled, ` +
    `${replaced} moved`
  );
}

/** A booking that the clinic cannot be asked about is refused, not promised. */
async function askInVain(tale: Tale): Promise<void> {
  const [slot] = await freeSlots(tale, 0, 1);
  if (!slot) throw new Error('No slot is free.');
  const result = await bookOnline(tale, slot, 'olivia');
  tale.seen.heldAnswers.push(result);
  print.line(`Olivia wants to book ${print.moment(slot.start)}: ${print.color.yellow(result)}`);
}

/** Answers are given from the copy, and say so. */
async function answerOffline({ platform, seen }: Tale): Promise<void> {
  const answer = await platform.child.call('availability', { limit: 50 });
  // It may have been live again by then, which would be no answer from offline.
  seen.offlineLabels.push(answer.freshness);
  const age = answer.verifiedAt === null ? 'never' : `${print.seconds(Date.now() - answer.verifiedAt)} ago`;
  print.line(
    `availability: the next ${print.plural(answer.slots.length, 'slot')}, ` +
      `labelled ${print.color.yellow(answer.freshness)} ${print.color.dim(`(last verified ${age})`)}`,
  );
}
