import type { Cause } from '../domain/events.js';
import { mergeScopes, type Scope } from '../domain/scope.js';

/** A reconcile that waits for its turn. */
export interface Queued<W> {
  scope: Scope;
  cause: Cause;
  readonly waiters: W[];
  /** How many others went before it. */
  passedOver: number;
}

/** After this many others went before it, a large scope goes first. */
export const MAX_PASSED_OVER = 4;

/**
 * Scopes that wait while one is being reconciled. Those of the same size merge with each other, and never with the running one,
 * which may have read that part already. Small ones go first; a large one that was passed over often enough does.
 */
export class ScopeQueue<W> {
  private small: Queued<W> | undefined;
  private large: Queued<W> | undefined;

  get isEmpty(): boolean {
    return this.small === undefined && this.large === undefined;
  }

  add(scope: Scope, cause: Cause, waiter: W): void {
    const place = scope.all ? 'large' : 'small';
    const waiting = this[place];
    if (!waiting) {
      this[place] = { scope, cause, waiters: [waiter], passedOver: 0 };
      return;
    }
    waiting.scope = mergeScopes(waiting.scope, scope);
    waiting.waiters.push(waiter);
    if (cause === 'repair' || waiting.cause === 'repair') waiting.cause = 'clinic';
    if (place === 'small' && waiting.scope.all) this.promote(waiting);
  }

  /** Takes what is to run now. */
  next(): Queued<W> | undefined {
    const { small, large } = this;
    if (small && (!large || large.passedOver < MAX_PASSED_OVER)) {
      this.small = undefined;
      if (large) large.passedOver++;
      return small;
    }
    this.large = undefined;
    return large;
  }

  /** Takes everything, to give it up. */
  drain(): Queued<W>[] {
    const all = [this.small, this.large].filter((queued) => queued !== undefined);
    this.small = undefined;
    this.large = undefined;
    return all;
  }

  /** Many small scopes became everything. */
  private promote(waiting: Queued<W>): void {
    this.small = undefined;
    if (this.large) this.large.waiters.push(...waiting.waiters);
    else this.large = waiting;
  }
}
