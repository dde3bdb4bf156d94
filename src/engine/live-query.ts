import type { Result } from 'neverthrow';
import { Observable } from 'rxjs';

import type { ClinicSyncError } from '../domain/errors.js';
import type { Runtime } from './runtime.js';

export interface LiveQuery<T> {
  readonly compute: () => Promise<Result<T, ClinicSyncError>>;
  /** Emits whenever the answer may have changed; its completion completes the query. */
  readonly triggers: Observable<unknown>;
  /** Two answers that need not be told apart. */
  readonly same: (a: T, b: T) => boolean;
  /** When an answer changes by the passing of time alone, in epoch ms; `null`: never. */
  readonly changesAt: (answer: T) => number | null;
  /** Failures that end the query; all others leave the last answer standing until the next trigger. */
  readonly isFinal: (error: ClinicSyncError) => boolean;
  readonly runtime: Runtime;
}

/**
 * An answer that is kept up to date: computed at once, then after each trigger, and emitted only when it is another. One
 * computation at a time; triggers that come meanwhile share the next.
 */
export function liveQuery<T>({ compute, triggers, same, changesAt, isFinal, runtime }: LiveQuery<T>): Observable<T> {
  return new Observable<T>((subscriber) => {
    let last: { answer: T } | undefined;
    let running = false;
    let again = false;
    let completed = false;
    let cancelTimer: (() => void) | undefined;

    const take = (answer: T) => {
      if (!last || !same(last.answer, answer)) {
        last = { answer };
        subscriber.next(answer);
      }
      cancelTimer?.();
      // Who wanted one answer only has gone by now, and nobody would cancel the next.
      if (subscriber.closed) return;
      const at = changesAt(answer);
      cancelTimer = at === null ? undefined : runtime.setTimer(Math.max(0, at - runtime.now()), refresh);
    };
    const refresh = () => {
      again = true;
      if (!running) void run();
    };
    const run = async () => {
      running = true;
      while (again && !subscriber.closed) {
        again = false;
        const result = await compute();
        if (subscriber.closed) break;
        if (result.isOk()) take(result.value);
        else if (isFinal(result.error)) subscriber.error(result.error);
      }
      running = false;
      if (completed) subscriber.complete();
    };

    const subscription = triggers.subscribe({
      next: refresh,
      complete: () => {
        completed = true;
        cancelTimer?.();
        if (!running) subscriber.complete();
      },
    });
    refresh();
    return () => {
      cancelTimer?.();
      subscription.unsubscribe();
    };
  });
}
