import type { Instant } from '../domain/instant.js';
import type { Intent } from '../domain/intent.js';
import { overlaps } from '../domain/row.js';
import type { BusyTime } from '../domain/busy-times.js';
import type { SlotRef } from '../domain/slot.js';

/**
 * What is promised to online patients beside the rows: slots of bookings that are under way or in doubt, and slots that are held
 * while somebody fills in a form. Kept in step with the open intents of the mirror, which outlive the process.
 */
export class Tentative {
  private readonly open = new Map<string, Intent>();

  constructor(intents: readonly Intent[]) {
    this.take(intents);
  }

  /** Takes in what was committed. Answers with the slots that may be free now, or are not any more. */
  take(intents: readonly Intent[]): readonly SlotRef[] {
    const changed: SlotRef[] = [];
    for (const intent of intents) {
      const before = slotOf(this.open.get(intent.key));
      if (intent.state === 'closed') this.open.delete(intent.key);
      else this.open.set(intent.key, intent);
      const now = slotOf(this.open.get(intent.key));
      if (before !== now) changed.push(...[before, now].filter((slot) => slot !== undefined));
    }
    return changed;
  }

  /** Bookings and deletions without an outcome, in the order in which they were recorded. */
  doubts(): readonly Intent[] {
    return [...this.open.values()].filter(({ wish }) => wish.kind !== 'hold');
  }

  /** Holds whose time is up. */
  expired(now: Instant): readonly Intent[] {
    return [...this.open.values()].filter(({ wish }) => wish.kind === 'hold' && wish.until <= now);
  }

  /** The promised times, but for those under `exceptKey`. */
  busy(now: Instant, exceptKey?: string): readonly BusyTime[] {
    const times: BusyTime[] = [];
    for (const { key, wish } of this.open.values()) {
      if (wish.kind === 'deletion' || key === exceptKey || (wish.kind === 'hold' && wish.until <= now)) continue;
      const { practitionerId, start, end } = wish.slot;
      times.push({ kind: 'appointment', practitionerIds: [practitionerId], locationId: null, start, end });
    }
    return times;
  }

  /** When the next hold within a span ends by itself. */
  nextExpiry(now: Instant, span: { readonly from: Instant; readonly to: Instant }): Instant | null {
    let next: Instant | null = null;
    for (const { wish } of this.open.values()) {
      if (wish.kind !== 'hold' || wish.until <= now) continue;
      if (overlaps(wish.slot, { start: span.from, end: span.to })) next = Math.min(next ?? wish.until, wish.until);
    }
    return next;
  }
}

/** The same object as long as the promise is the same. */
function slotOf(intent: Intent | undefined): SlotRef | undefined {
  return intent && intent.wish.kind !== 'deletion' ? intent.wish.slot : undefined;
}
