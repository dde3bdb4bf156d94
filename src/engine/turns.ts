import { overlaps } from '../domain/row.js';
import type { SlotRef } from '../domain/slot.js';

/**
 * Requests for overlapping slots of one practitioner, one after the other: each finds what became of the one before it, so that
 * a slot whose first taker fails is still there for the second.
 */
export class Turns {
  private readonly taken = new Set<{ readonly slot: SlotRef; readonly over: Promise<unknown> }>();

  async run<T>(slot: SlotRef, work: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = [...this.taken].find((turn) => isSame(turn.slot, slot));
      if (!before) break;
      await before.over;
    }
    const running = work();
    const turn = { slot, over: running.catch(() => undefined) };
    this.taken.add(turn);
    try {
      return await running;
    } finally {
      this.taken.delete(turn);
    }
  }
}

function isSame(a: SlotRef, b: SlotRef): boolean {
  return a.practitionerId === b.practitionerId && overlaps(a, b);
}
