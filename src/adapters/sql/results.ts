import { ResultAsync } from 'neverthrow';

import { ClinicSyncError, fault, type AdapterError } from '../../domain/errors.js';

/**
 * Runs adapter code that may throw, as the port wants it: every failure a Result. What we threw ourselves passes as it is;
 * `toFault` maps what came from the driver.
 */
export function attempt<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  toFault: (error: unknown) => AdapterError,
): ResultAsync<T, AdapterError> {
  const run = async () => {
    if (signal.aborted) throw fault('Aborted');
    return work();
  };
  return ResultAsync.fromPromise(run(), (error) => (isAdapterError(error) ? error : toFault(error)));
}

/** Settles with the work, or with `Aborted` as soon as the signal fires; `onAbort` then stops the work. */
export async function orAborted<T>(signal: AbortSignal, work: Promise<T>, onAbort: () => void): Promise<T> {
  let listener: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    listener = () => {
      onAbort();
      reject(fault('Aborted'));
    };
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (listener) signal.removeEventListener('abort', listener);
    // Whichever loses the race is heard by nobody else.
    work.catch(() => undefined);
    aborted.catch(() => undefined);
  }
}

/** Everything thrown inside adapters with our class comes from `fault` with one of the adapter's codes. */
function isAdapterError(error: unknown): error is AdapterError {
  return error instanceof ClinicSyncError;
}
