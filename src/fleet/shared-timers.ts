import type { Runtime } from '../engine/runtime.js';

/** Timers are due at multiples of this, in ms: the process wakes up 125 times a second at most, and not once for each of them. */
const GRID_MS = 8;

/** Shorter ones are left as they are. */
const COARSE_FROM_MS = 30;

interface Group {
  readonly timers: Set<{ readonly fire: () => void }>;
  cancel: () => void;
}

/**
 * Thousands of timers as one for each moment of a grid: waking up costs more than what most of them do. They fire up to 8 ms late, in the
 * order in which they were set.
 */
export class SharedTimers {
  private readonly groups = new Map<number, Group>();

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
    const moment = Math.ceil((this.runtime.monotonic() + ms) / GRID_MS);
    const group = this.groups.get(moment) ?? this.begin(moment);
    group.timers.add(timer);
    return () => {
      if (!group.timers.delete(timer) || group.timers.size > 0) return;
      // Nothing is left that would keep the process from ending.
      group.cancel();
      if (this.groups.get(moment) === group) this.groups.delete(moment);
    };
  }

  private begin(moment: number): Group {
    const group: Group = { timers: new Set(), cancel: () => undefined };
    this.groups.set(moment, group);
    this.arm(moment, group);
    return group;
  }

  private arm(moment: number, group: Group): void {
    const left = moment * GRID_MS - this.runtime.monotonic();
    group.cancel = this.runtime.setTimer(Math.max(0, left), () => {
      // Node takes no wait of more than 24 days in one.
      if (moment * GRID_MS - this.runtime.monotonic() > GRID_MS) {
        this.arm(moment, group);
        return;
      }
      this.groups.delete(moment);
      for (const timer of group.timers) {
        // One that an earlier one cancelled is not in the group any more.
        group.timers.delete(timer);
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
