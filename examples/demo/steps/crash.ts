import { setTimeout as sleep } from 'node:timers/promises';

import { isRowEvent } from '../../../src/index.js';
import { Platform } from '../platform.js';
import * as print from '../print.js';
import { differences } from './outage.js';
import type { Tale } from './tale.js';

const BURST = 100;

/** Dies in the middle of a roster edit of a hundred changes in one second, and comes back. */
export async function hostKilled(tale: Tale): Promise<void> {
  const { platform, desk, seen } = tale;
  const from = platform.heard.length;
  const told = () => platform.heard.slice(from).filter(({ event }) => isRowEvent(event)).length;
  print.line(`the receptionist begins ${BURST} changes in a second …`);
  const changes = desk.call('burst', { count: BURST, overMs: 1_000 });
  await platform.until('the middle of the burst', () => told() >= 30);
  await platform.child.kill();
  print.line(`${print.color.red('SIGKILL')} to process ${platform.child.pid}, which had told ${told()} row events`);
  const made = await changes;
  seen.changes.push(...made);
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
  seen.crashReason = event.reason;
  seen.resumed = resumedFrom !== null;
}
