import { err, type Result, type ResultAsync } from 'neverthrow';

import { fault, type AdapterError } from '../domain/errors.js';
import { askUnless } from './call.js';
import type { Runtime } from './runtime.js';

/**
 * The waits of something that waits as long as it lives, pulse after pulse. They all end when the signal aborts, and it has one listener
 * for all of them: to add and remove one for each cost more than a pulse.
 */
export class Waits {
  private readonly open = new Set<() => void>();

  constructor(
    private readonly runtime: Runtime,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener(
      'abort',
      () => {
        for (const end of [...this.open]) end();
      },
      { once: true },
    );
  }

  /** Resolves after `ms`, or at once when the signal aborts. */
  pause(ms: number): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        this.open.delete(finish);
        resolve();
      };
      const cancel = this.runtime.setTimer(ms, finish);
      this.open.add(finish);
    });
  }

  /** As `askClinic`. */
  ask<T>(
    timeoutMs: number,
    call: (signal: AbortSignal) => ResultAsync<T, AdapterError>,
  ): Promise<Result<T, AdapterError>> {
    if (this.signal.aborted) return Promise.resolve(err(fault('Aborted')));
    return askUnless(this.runtime, timeoutMs, call, (end) => {
      this.open.add(end);
      return () => {
        this.open.delete(end);
      };
    });
  }
}
