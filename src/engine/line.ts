import { err, type Result } from 'neverthrow';

import { fault } from '../domain/errors.js';
import type { Cause } from '../domain/events.js';
import { unreadable } from './call.js';
import { isEmptyScope, scopeOfKeys, type Scope } from '../domain/scope.js';
import { clinicFailure, type ReconcileFailure } from './failure.js';
import { reconcile } from './reconcile.js';
import type { ReconcileOutcome, ReconcileTools } from './reconcile-order.js';
import { ScopeQueue } from './scope-queue.js';

type Outcome = Result<ReconcileOutcome, ReconcileFailure>;

/**
 * The one line that everything which changes this clinic's mirror stands in: reconciles, and whole pieces of work such as a
 * resync. One at a time, so that no two readings overlap.
 */
export class ReconcileLine {
  private readonly queue = new ScopeQueue<(outcome: Outcome) => void>();
  private readonly works: (() => Promise<void>)[] = [];
  private running = false;
  /** Until a resync has succeeded, and again while the clinic is suspect, scopes wait; whole works do not. */
  private paused = true;

  constructor(
    private readonly tools: ReconcileTools,
    private readonly signal: AbortSignal,
    /** Hears of every failure, whoever asked. */
    private readonly onFailure: (failure: ReconcileFailure) => void,
  ) {
    signal.addEventListener('abort', () => {
      this.giveUp();
    });
  }

  /** Resolves with what the reconcile that covered this scope came to. */
  request(scope: Scope, cause: Cause): Promise<Outcome> {
    return new Promise((resolve) => {
      if (this.signal.aborted) {
        resolve(err(clinicFailure(fault('Aborted'))));
        return;
      }
      this.queue.add(scope, cause, resolve);
      void this.run();
    });
  }

  /** Runs a whole piece of work in its turn, before scopes that wait. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.works.push(() => work().then(resolve, reject));
      void this.run();
    });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (;;) {
      const work = this.works.shift();
      if (work) {
        await work();
        continue;
      }
      const next = this.signal.aborted || this.paused ? undefined : this.queue.next();
      if (!next) break;
      const order = { scope: next.scope, cause: next.cause, signal: this.signal };
      const outcome = await reconcile(this.tools, order).catch((): Outcome => err(clinicFailure(unreadable())));
      for (const resolve of next.waiters) resolve(outcome);
      if (outcome.isErr()) this.onFailure(outcome.error);
      else if (outcome.value.lookAgain.length > 0) void this.request(scopeOfKeys(outcome.value.lookAgain), 'clinic');
    }
    this.running = false;
  }

  private giveUp(): void {
    for (const { waiters } of this.queue.drain()) {
      for (const resolve of waiters) resolve(err(clinicFailure(fault('Aborted'))));
    }
  }

  /** Takes a hint: where to look, and nothing else. */
  hint(scope: Scope): void {
    if (!isEmptyScope(scope)) void this.request(scope, 'clinic');
  }
}
