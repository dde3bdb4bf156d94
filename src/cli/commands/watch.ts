import { filter, type Subscription } from 'rxjs';

import { toIso, type ClinicEvent, type ClinicStatus, type ClinicSync, type ClinicSyncOptions } from '../../index.js';
import { EXIT, type ExitStatus } from '../exit.js';
import { stopWith } from '../failure.js';
import { readDuration, spanText } from '../terminal/times.js';
import type { CliCommand, CommandContext } from './command.js';
import { asObserver, isDurable, namedFor, withSync } from './started.js';

interface WatchOptions {
  readonly for?: string;
  readonly after?: string;
  readonly type?: readonly string[];
}

/** Tells every event until it is ended. Over a copy in memory it can run beside the clinic's owner. */
export const watch: CliCommand<WatchOptions> = {
  name: 'watch',
  description: 'tells every event as it comes, until Ctrl-C',
  declare: (command) => {
    command
      .option('--for <time>', 'end after so long, such as 30s or 5m')
      .option('--after <cursor>', 'begin with the events after this place in the log (needs a durable mirror)')
      .option('--type <types...>', 'only events of these types, such as appointment.created');
  },
  run: async (context, options) => {
    const lengthMs = options.for === undefined ? undefined : readDuration(options.for, '--for');
    if (options.after !== undefined && !isDurable(context.config))
      context.output.warn('no durable mirror is configured, so no log reaches back to --after.');
    return withSync(asObserver(context.config), context, (sync) => follow(sync, context, options, lengthMs));
  },
};

async function follow(
  sync: ClinicSync,
  { config, output, interruption }: CommandContext,
  { after, type }: WatchOptions,
  lengthMs: number | undefined,
): Promise<ExitStatus> {
  let last: string | undefined;
  let wasLive = false;
  let said = '';
  const tell = (event: ClinicEvent) => {
    last = event.cursor;
    if (type && !type.includes(event.type)) return;
    output.item(namedFor(config, event), () => eventLine(event, config));
  };
  const statuses = sync.status$.subscribe((status) => {
    wasLive ||= status.freshness === 'live';
    const text = statusText(status);
    if (text !== said) output.note(text);
    said = text;
  });
  // From before the start, so that what the first comparison finds is told as well.
  let following: Subscription | undefined = after === undefined ? sync.events$.subscribe(tell) : undefined;
  const ended = new Promise<void>((resolve) => {
    interruption.signal.addEventListener('abort', () => {
      resolve();
    });
    if (lengthMs !== undefined) setTimeout(resolve, lengthMs);
  });
  try {
    const started = await sync.start();
    if (started.isErr() && !interruption.signal.aborted) throw stopWith(started.error);
    const lost = new Promise<never>((_, reject) => {
      if (after === undefined || interruption.signal.aborted) return;
      following = sync
        .events({ after })
        .pipe(filter(({ cursor }) => cursor !== after))
        .subscribe({ next: tell, error: (error: Parameters<typeof stopWith>[0]) => reject(stopWith(error)) });
    });
    await Promise.race([ended, lost]);
    await sync.stop();
  } finally {
    following?.unsubscribe();
    statuses.unsubscribe();
  }
  if (last !== undefined && isDurable(config)) output.note(`go on from here with --after ${last}`);
  return wasLive ? EXIT.fine : EXIT.unreachable;
}

function statusText({ phase, capture, lastFault }: ClinicStatus): string {
  return `[${phase}${capture === null ? '' : `, by ${capture}`}${lastFault === null ? '' : `, ${lastFault}`}]`;
}

function eventLine(event: ClinicEvent, { adapter }: ClinicSyncOptions): string {
  const { type, at } = event;
  const begin = `${toIso(at)}  ${type.padEnd(20)}`;
  if (!('row' in event)) return `${begin}  ${detailsOf(event)}`.trimEnd();
  const { id, practitionerIds, locationId, zone } = event.row;
  const link = 'replaces' in event ? ' (in place of an earlier version)' : 'replacedBy' in event ? ' (replaced)' : '';
  const place = locationId === null ? '' : ` at ${locationId}`;
  return `${begin}  ${id}  ${practitionerIds.join('+')}${place}  ${spanText(event.row, zone || adapter.zone)} ${zone}${link}`;
}

const COMMON = new Set(['type', 'at', 'cause', 'cursor', 'clinicId']);

function detailsOf(event: ClinicEvent): string {
  return Object.entries(event)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
}
