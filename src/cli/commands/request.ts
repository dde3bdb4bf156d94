import { randomBytes } from 'node:crypto';

import type { ClinicSync, ClinicSyncError, ErrorCode } from '../../index.js';
import { Stop, failureOf } from '../failure.js';
import { readDuration } from '../terminal/times.js';
import type { CommandContext } from './command.js';
import { isDurable } from './started.js';

export interface RequestOptions {
  readonly key?: string;
  readonly wait: string;
}

export const WAIT = ['--wait <time>', 'how long to wait for the outcome of what is in doubt', '30s'] as const;
export const KEY = [
  '--key <key>',
  'the idempotency key: asked again with the same one, it is the same request',
] as const;

/** In ms. Throws `Usage`. */
export function waitOf({ wait }: RequestOptions): number {
  return readDuration(wait, '--wait');
}

/** Told before anything is sent, so that it is known whatever becomes of this process. */
export function keyOf({ key }: RequestOptions, { config, output }: CommandContext): string {
  const chosen = key ?? `cli-${randomBytes(9).toString('base64url')}`;
  if (key === undefined) output.note(`idempotency key: ${chosen}`);
  if (!isDurable(config))
    output.warn('no durable mirror is configured: the key is forgotten when this command ends, so do not ask again.');
  return chosen;
}

/** Asks, and where the answer is in doubt, waits for it to be settled and asks again. Throws `Stop` with the key in it. */
export async function settle<T>(
  sync: ClinicSync,
  { output, interruption }: CommandContext,
  { key, waitMs }: { readonly key: string; readonly waitMs: number },
  ask: () => Promise<{ readonly ok: T } | { readonly error: ClinicSyncError }>,
): Promise<T> {
  const patience = AbortSignal.any([AbortSignal.timeout(waitMs), interruption.signal]);
  const settled = new Promise<void>((resolve) => {
    patience.addEventListener('abort', () => {
      resolve();
    });
    sync.on('request.settled', ({ bookingId }) => {
      if (bookingId === key) resolve();
    });
  });
  let answer = await ask();
  if ('error' in answer && answer.error.code === 'InDoubt' && !patience.aborted) {
    output.note('it is in doubt whether the clinic carried it out; waiting for the outcome …');
    await settled;
    if (!interruption.signal.aborted) answer = await ask();
  }
  if ('ok' in answer) return answer.ok;
  throw refusal(answer.error, key);
}

function refusal(error: ClinicSyncError, key: string): Stop {
  const failure = failureOf(error);
  const open: readonly ErrorCode[] = ['InDoubt', 'Ambiguous'];
  return open.includes(error.code)
    ? new Stop({ ...failure, advice: `${failure.advice ?? ''} The key: ${key}`.trim() })
    : new Stop(failure);
}
