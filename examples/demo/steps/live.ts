import { setTimeout as sleep } from 'node:timers/promises';

import { isRowEvent } from '../../../src/index.js';
import * as print from '../print.js';
import type { Change, ChangeKind } from '../receptionist.js';
import type { Tale } from './tale.js';

export const KINDS: readonly ChangeKind[] = ['insert', 'move', 'delete', 'insert', 'move', 'insert', 'delete'];
const CHANGES = 21;

export async function firstCopy({ platform }: Tale): Promise<void> {
  const began = performance.now();
  const stop = platform.listen(() => {
    const rows = platform.status?.resyncedRows;
    if (rows) print.progress(`${print.count(rows)} rows …`);
  });
  const { status } = await platform.child.call('start', undefined);
  const tookMs = performance.now() - began;
  stop();
  print.endProgress();
  const { event } = await platform.untilEvent('resync.completed', 0);
  const rate = Math.round((event.rows / event.durationMs) * 1000);
  print.line(
    `${print.plural(event.rows, 'row')} in ${print.seconds(event.durationMs)}: ${print.count(rate)} rows/s ` +
      print.color.dim(`(${print.seconds(tookMs)} with opening and connecting)`),
  );
  print.line(`${print.color.green(status.phase)}, and changes are noticed by ${status.capture}`);
}

/** One change after another, each with the time from the receptionist's commit to the host's event. */
export async function liveChanges(tale: Tale): Promise<void> {
  for (let i = 0; i < CHANGES; i++) {
    await oneChange(tale, KINDS[i % KINDS.length] ?? 'insert');
    // So that each is found on its own, at no particular beat.
    await sleep(60 + ((i * 37) % 90));
  }
  const sorted = [...tale.seen.latencies].sort((a, b) => a - b);
  const at = (share: number) => print.millis(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  print.line(`commit → event: p50 ${print.color.bold(at(0.5))} · p99 ${print.color.bold(at(0.99))}`);
}

export async function oneChange(tale: Tale, kind: ChangeKind): Promise<void> {
  const { platform, desk, seen } = tale;
  const from = platform.heard.length;
  const change = await desk.call('change', kind);
  seen.changes.push(change);
  const { told, at } = await platform.until(`the event of appointment ${change.id}`, () =>
    asTold(tale.platform, change, from),
  );
  const latency = at - change.committedAt;
  seen.latencies.push(latency);
  print.change(change, told, latency);
}

/** How the host was told of a change, once it was told all of it. */
function asTold(platform: Platform, change: Change, from: number): { told: string; at: number } | undefined {
  const about = platform.heard
    .slice(from)
    .filter(
      ({ event }) => isRowEvent(event) && event.type.startsWith('appointment.') && event.row.id === `${change.id}`,
    );
  const created = about.find(({ event }) => event.type === 'appointment.created');
  const deleted = about.find(({ event }) => event.type === 'appointment.deleted');
  const last = change.after ? created : deleted;
  if (!last || (change.kind === 'move' && !deleted)) return undefined;
  const isMove = created?.event.type === 'appointment.created' && created.event.replaces !== undefined;
  return { told: isMove ? 'one move' : change.after ? 'created' : 'deleted', at: last.at };
}

type Platform = Tale['platform'];
