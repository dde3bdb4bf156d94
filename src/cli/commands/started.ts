import { ClinicSync, ERRORS, type ClinicEvent, type ClinicStatus, type ClinicSyncOptions } from '../../index.js';
import { EXIT } from '../exit.js';
import { failureOf, Stop, stopWith } from '../failure.js';
import type { CommandContext } from './command.js';

/** A sync for the length of one command, closed whatever becomes of it; the first signal ends it in order. */
export async function withSync<T>(
  config: ClinicSyncOptions,
  { interruption }: Pick<CommandContext, 'interruption'>,
  work: (sync: ClinicSync) => Promise<T>,
): Promise<T> {
  if (interruption.signal.aborted) throw stopWith({ code: 'Aborted', message: 'It was ended before it began.' });
  const sync = new ClinicSync(config);
  const end = () => void sync.stop();
  interruption.signal.addEventListener('abort', end);
  try {
    return await work(sync);
  } finally {
    interruption.signal.removeEventListener('abort', end);
    await sync.stop();
  }
}

/** Starts it, and throws `Stop` unless it has come as far as the clinic. */
export async function reach(sync: ClinicSync): Promise<ClinicStatus> {
  const started = await sync.start();
  if (started.isErr()) throw stopWith(started.error);
  if (started.value.phase === 'offline') throw offline(started.value);
  return started.value;
}

export function offline({ lastFault }: Pick<ClinicStatus, 'lastFault'>): Stop {
  const code = lastFault ?? 'ClinicUnreachable';
  const failure = failureOf({ code, message: ERRORS[code].what });
  return new Stop({ ...failure, status: EXIT.unreachable });
}

/**
 * For commands that only look, over a copy in memory: another name for the lock at the clinic than its owner's, so that they can run
 * beside it. With a durable mirror the owner's place is taken, as its mirror is.
 */
export function asObserver(config: ClinicSyncOptions): ClinicSyncOptions {
  if (isDurable(config)) return config;
  return { ...config, clinicId: `${config.clinicId.slice(0, 180)}:looking-on` };
}

export function isDurable({ mirror }: ClinicSyncOptions): boolean {
  return mirror !== undefined && mirror.store !== 'memory';
}

/** An event under the clinic's own name. */
export function namedFor({ clinicId }: ClinicSyncOptions, event: ClinicEvent): ClinicEvent {
  return { ...event, clinicId };
}
