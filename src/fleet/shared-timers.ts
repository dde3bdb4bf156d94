import type { Runtime } from '../engine/runtime.js';

/** Timers are due at multiples of this, in ms: the process wakes up 125 times a second at most, and not once for each of them. */
const GRID_MS = 8;

/** Shorter ones are left as they are. */
const COARSE_FROM_MS = 30;

/**
 * Thousands of timers as one for each moment of a grid: waking up costs more than what most of them do. They fire up to 8 ms late, in the
 * order in which they were set.
 */
export class SharedTimers {
  private readonly due = new Map<number, Set<{ readonly fire: () => void }>>();

  constructor(private readonly runtime: Runtime) {}

  /** The same runtime with these timers. */
  static over(runtime: Runtime): Runtime {
    const timers = new SharedTimers(runtime);
    return {
      now: () => runtime.now(),
      monotonic: () => runtime.monotonic(),
      setTimer: (ms, fire) => timers.setTimer(ms, fire),
      random: () => runtime.random(),
      newId: () => runtime.newId(),
    };
  }

  setTimer(ms: number, fire: () => void): () => void {
    if (ms < COARSE_FROM_MS) return this.runtime.setTimer(ms, fire);
    const timer = { fire };
    const group = this.groupAt(Math.ceil((this.runtime.monotonic() + ms) / GRID_MS));
    group.add(timer);
    return () => {
      group.delete(timer);
    };
  }

  private groupAt(moment: number): Set<{ readonly fire: () => void }> {
    const known = this.due.get(moment);
    if (known) return known;
    const group = new Set<{ readonly fire: () => void }>();
    this.due.set(moment, group);
    this.await(moment, group);
    return group;
  }

  private await(moment: number, group: Set<{ readonly fire: () => void }>): void {
    const left = moment * GRID_MS - this.runtime.monotonic();
    this.runtime.setTimer(Math.max(0, left), () => {
      // Node's timers may fire up to a millisecond early; also, none takes a wait of more than 24 days in one.
      if (moment * GRID_MS - this.runtime.monotonic() > GRID_MS) {
        this.await(moment, group);
        return;
      }
      this.due.delete(moment);
      for (const timer of group) {
        // One that an earlier one cancelled is not in the group any more.
        group.delete(timer);
        this.run(timer.fire);
      }
    });
  }

  /** What one throws is thrown by itself, and keeps no other from its turn. */
  private run(fire: () => void): void {
    try {
      fire();
    } catch (error) {
      this.runtime.setTimer(0, () => {
        throw error;
      });
    }
  }
}
