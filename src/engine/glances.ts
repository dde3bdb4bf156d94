import { scopeOfRanges, type Scope } from '../domain/scope.js';
import type { ReconcileLine } from './line.js';
import type { ReconcileTools } from './reconcile-order.js';

/** A look at everything that takes more than this of the clinic's time is dear. */
const DEAR_MS = 8;
/** What receptionists change lies mostly in the days ahead. */
const NEAR_DAYS = 7;
/** What glances may take of all that may be taken while a look at everything waits: the rest is saved up for it. */
const PART = 0.5;

/**
 * Looks at the appointments of the days ahead, which cost a fraction of a look at everything: where that is dear, they come first, and
 * while it waits for credit they go on. A change that they find was only found earlier; nothing is concluded from one that finds none.
 */
export class Glances {
  private wholeMs = 0;
  /** Where to look, if that is not everything. */
  private scope: Scope | undefined;
  private nextAt = Number.NEGATIVE_INFINITY;
  private atOnce = 0;

  constructor(private readonly tools: ReconcileTools) {}

  /** A look at everything was made, and took so much of the clinic's time. */
  looked(ms: number): void {
    this.wholeMs = ms;
    this.scope = undefined;
    // Laying out the days shows where thousands of idle clinics are looked at, and nothing asks for them.
    if (ms < DEAR_MS) return;
    const { journal, index } = this.tools;
    const { cutoff } = journal.facts;
    const edges = cutoff === null ? [] : index.edges(cutoff);
    const to = edges.length > NEAR_DAYS + 1 ? edges[NEAR_DAYS] : undefined;
    this.scope = to === undefined ? undefined : scopeOfRanges([{ stream: 'busy', from: null, to }]);
  }

  /** Something changed, and nothing was under way. A pulse may lead the commit by a moment, so that the first glance finds nothing yet. */
  moved(): void {
    this.atOnce = 2;
    this.nextAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether looks at everything are so dear that glances come first. */
  get pay(): boolean {
    return this.wholeMs >= DEAR_MS && this.scope !== undefined && this.tools.link.digest !== undefined;
  }

  /** The next is the second after something changed. */
  get isTrailing(): boolean {
    return this.atOnce === 1;
  }

  /** What has to be saved up before a look at everything, so that none of the glances after it has to wait for its debt. */
  get reserveMs(): number {
    return this.pay ? this.wholeMs : 0;
  }

  /** When the next is due by the monotonic clock; `wanted`: while a look at everything waits, or nothing says when one is needed. */
  dueAt(wanted: boolean): number {
    if (!this.pay || (this.atOnce === 0 && !wanted)) return Number.POSITIVE_INFINITY;
    // By their own pace and not by credit, so that nothing else can starve them.
    return this.nextAt;
  }

  /** Makes one. `leastMs`: until the next, whatever it costs. Answers whether it found something. */
  async make(line: ReconcileLine, leastMs: number): Promise<boolean> {
    const { scope, tools, atOnce } = this;
    const { runtime, governor } = tools;
    if (!scope) return false;
    const before = governor.spentMs;
    const looked = await line.request(scope, 'clinic');
    this.atOnce = Math.max(0, atOnce - 1);
    const pace = atOnce > 1 ? 0 : governor.paceMs(governor.spentMs - before, PART);
    this.nextAt = runtime.monotonic() + Math.max(leastMs, pace);
    return looked.isOk() && looked.value.created + looked.value.deleted + looked.value.replaced > 0;
  }
}
