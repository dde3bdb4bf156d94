import { err, type Result, type ResultAsync } from 'neverthrow';

import type { AdapterError, MirrorError } from '../domain/errors.js';
import { fault } from '../domain/errors.js';
import { within, type Runtime } from './runtime.js';

/** One for all: making an error for each would cost more than the call. */
const GIVEN_UP = fault('Aborted');

/**
 * Asks the clinic something, and has an answer within `timeoutMs` whatever the adapter does: a call that hangs is aborted and
 * answers `ClinicTimeout`, one that throws, rejects, or answers no Result (against the port's rules) answers `ClinicProtocol`.
 */
export function askClinic<T>(
  runtime: Runtime,
  timeoutMs: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => ResultAsync<T, AdapterError>,
): Promise<Result<T, AdapterError>> {
  if (signal.aborted) return Promise.resolve(err(fault('Aborted')));
  return askUnless(runtime, timeoutMs, call, (end) => {
    signal.addEventListener('abort', end);
    return () => {
      signal.removeEventListener('abort', end);
    };
  });
}

/** The same; what ends the wait is told by `onEnd`, whose answer takes that back. */
export function askUnless<T>(
  runtime: Runtime,
  timeoutMs: number,
  call: (signal: AbortSignal) => ResultAsync<T, AdapterError>,
  onEnd: (end: () => void) => () => void,
): Promise<Result<T, AdapterError>> {
  return new Promise((resolve) => {
    const controller = new AbortController();
    const finish = (outcome: Result<T, AdapterError>) => {
      cancel();
      forget();
      resolve(outcome);
    };
    const forget = onEnd(() => {
      finish(err(fault('Aborted')));
      controller.abort(GIVEN_UP);
    });
    const cancel = runtime.setTimer(timeoutMs, () => {
      finish(err(fault('ClinicTimeout')));
      controller.abort(GIVEN_UP);
    });
    const broken = () => {
      finish(err(fault('ClinicProtocol', 'The adapter did not answer with a Result.')));
    };
    const answered = (outcome: Result<T, AdapterError>) => {
      if (isResult(outcome)) finish(outcome);
      else broken();
    };
    try {
      call(controller.signal).then(answered, broken);
    } catch {
      broken();
    }
  });
}

/** What an adapter that is not type-checked answers with may be anything. */
function isResult(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'isErr' in outcome;
}

/** What came of an adapter's answer that nothing can be made of: it threw where it was read. */
export const unreadable = (): AdapterError =>
  fault('ClinicProtocol', 'The adapter answered something that cannot be read.');

/** Waits for something to be closed, at most `timeoutMs`, whatever the adapter does. */
export async function letGo(
  runtime: Runtime,
  timeoutMs: number,
  close: () => ResultAsync<unknown, unknown>,
): Promise<void> {
  const closing = async () => {
    (await close()).unwrapOr(undefined);
  };
  await within(runtime, timeoutMs, closing());
}

/** The same net under a mirror: one that throws or rejects answers `MirrorFailed`. */
export async function askMirror<T>(call: () => ResultAsync<T, MirrorError>): Promise<Result<T, MirrorError>> {
  try {
    return await call();
  } catch {
    return err(fault('MirrorFailed', 'The mirror threw instead of answering with a Result.'));
  }
}
