import type { Instant } from './instant.js';
import type { Slot } from './slot.js';

/** What the slots of one session and practitioner have in common, with their length in ms. */
type Run = Pick<Slot, 'practitionerId' | 'locationId' | 'zone' | 'sessionId'> & { readonly length: number };

/** Slots in their order, in ten bytes each where an object takes a hundred: what is remembered is many, and seldom asked for. */
export class PackedSlots {
  private readonly runs: readonly Run[];
  private readonly starts: Float64Array;
  /** For each slot, which run it is of. */
  private readonly runOf: Uint16Array | Uint32Array;

  constructor(slots: readonly Slot[]) {
    const runs = new Map<string, number>();
    const each: Run[] = [];
    this.starts = new Float64Array(slots.length);
    const runOf = slots.map(({ practitionerId, locationId, zone, sessionId, start, end }, i) => {
      this.starts[i] = start;
      const length = end - start;
      const key = `${String(length)} ${JSON.stringify([sessionId, practitionerId])}`;
      const known = runs.get(key);
      if (known !== undefined) return known;
      runs.set(key, each.length);
      return each.push({ practitionerId, locationId, zone, sessionId, length }) - 1;
    });
    this.runs = each;
    this.runOf = each.length <= 0x1_00_00 ? Uint16Array.from(runOf) : Uint32Array.from(runOf);
  }

  get size(): number {
    return this.starts.length;
  }

  /** Those that start within [from, to), in order: objects of the caller's own. */
  between(from: Instant, to: Instant): Slot[] {
    const slots: Slot[] = [];
    for (let i = 0; i < this.starts.length; i++) {
      const start = this.starts[i] ?? 0;
      const run = this.runs[this.runOf[i] ?? 0];
      if (start < from || start >= to || !run) continue;
      const { practitionerId, locationId, length, zone, sessionId } = run;
      slots.push({ practitionerId, locationId, start, end: start + length, zone, sessionId });
    }
    return slots;
  }
}
