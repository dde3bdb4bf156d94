import { ClinicSyncError, fault, type AdapterError } from 'clinic-sync';
import { ResultAsync } from 'neverthrow';

import { toFault, type During } from './errors.js';

/** Runs code that may throw, as the port wants it: every failure a Result. What we threw ourselves passes as it is. */
export function attempt<T>(signal: AbortSignal, during: During, work: () => Promise<T>): ResultAsync<T, AdapterError> {
  const run = async () => {
    if (signal.aborted) throw fault('Aborted');
    return work();
  };
  return ResultAsync.fromPromise(run(), (error) => asFault(error, during));
}

export function asFault(error: unknown, during: During): AdapterError {
  return error instanceof ClinicSyncError ? (error as AdapterError) : toFault(error, during);
}

/** Settles with the work, or with `Aborted` as soon as the signal fires; `onAbort` then stops the work. */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>, onAbort: () => void): Promise<T> {
  return unless(work, (end) => {
    const listener = () => {
      onAbort();
      end(fault('Aborted'));
    };
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
    return () => {
      signal.removeEventListener('abort', listener);
    };
  });
}

/** Settles with the work, or with `ClinicTimeout` after `ms`; `onTimeout` then stops the work. */
export function within<T>(ms: number, work: Promise<T>, onTimeout: () => void): Promise<T> {
  return unless(work, (end) => {
    const timer = setTimeout(() => {
      onTimeout();
      end(fault('ClinicTimeout'));
    }, ms);
    return () => {
      clearTimeout(timer);
    };
  });
}

/** `watch` may end the wait; what it answers with takes the watch down. */
async function unless<T>(work: Promise<T>, watch: (end: (error: AdapterError) => void) => () => void): Promise<T> {
  let unwatch = () => {};
  const ended = new Promise<never>((_, reject) => {
    unwatch = watch(reject);
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    unwatch();
    // Whichever loses the race is heard by nobody else.
    work.catch(() => undefined);
    ended.catch(() => undefined);
  }
}
