import type { Runtime } from '../engine/runtime.js';

/** Over so many ms demand is averaged. */
const MEMORY_MS = 2_000;

/**
 * Keeps what many clinics ask together below so many pulses a second, by waiting longer between two of each. Whoever asks says how long
 * it would wait by itself, so that the demand is known whatever the waits are.
 */
export class PulseBudget {
  /** Pulses a second, if nobody had to wait longer than by itself. */
  private demand = 0;
  private knownAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly runtime: Runtime,
  ) {
    this.knownAt = runtime.monotonic();
  }

  /** One clinic's share: answers how many times longer it has to wait. */
  share(): () => number {
    let stretch = 1;
    return () => {
      const now = this.runtime.monotonic();
      const forgotten = Math.exp((this.knownAt - now) / MEMORY_MS);
      this.knownAt = now;
      this.demand = this.demand * forgotten + (stretch * 1_000) / MEMORY_MS;
      stretch = Math.max(1, this.demand / this.perSecond);
      return stretch;
    };
  }
}
