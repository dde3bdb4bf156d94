import { MINUTE } from '../domain/instant.js';
import { STREAMS, type Stream } from '../domain/row.js';

/** Deletions within this time count together, so that a table that is emptied in small steps trips as well. */
export const BREAKER_WINDOW_MS = MINUTE;

export interface BreakerLimits {
  readonly breakerRows: number;
  readonly breakerShare: number;
  readonly breakerSessionShare: number;
}

/** Why a removal is held. */
export interface MassChange {
  readonly removing: number;
  readonly of: number;
  readonly limit: number;
}

/**
 * Holds back a removal of more than max(rows, share) of a stream: an emptied table, a row-level-security slip or a
 * half-restored backup must not become thousands of cancellations. Of sessions a larger share may go: a roster is edited as a whole.
 */
export class Breaker {
  private readonly recent: Record<Stream, { at: number; count: number }[]> = { busy: [], session: [] };

  constructor(private readonly limits: BreakerLimits) {}

  /** The mass change that removing `counts` rows now would be, or `undefined`. `rows`: how many each stream has. */
  check(counts: Record<Stream, number>, rows: Record<Stream, number>, monotonic: number): MassChange | undefined {
    for (const stream of STREAMS) {
      if (counts[stream] === 0) continue;
      const removing = counts[stream] + this.removedLately(stream, monotonic);
      const of = rows[stream] + removing - counts[stream];
      const share = stream === 'busy' ? this.limits.breakerShare : this.limits.breakerSessionShare;
      const limit = Math.max(this.limits.breakerRows, Math.floor(of * share));
      if (removing > limit) return { removing, of, limit };
    }
    return undefined;
  }

  /** Notes that rows were removed. */
  removed(counts: Record<Stream, number>, monotonic: number): void {
    for (const stream of STREAMS) {
      if (counts[stream] > 0) this.recent[stream].push({ at: monotonic, count: counts[stream] });
    }
  }

  /** Forgets what was removed, once a host has looked at it. */
  reset(): void {
    for (const stream of STREAMS) this.recent[stream] = [];
  }

  private removedLately(stream: Stream, monotonic: number): number {
    this.recent[stream] = this.recent[stream].filter(({ at }) => monotonic - at < BREAKER_WINDOW_MS);
    return this.recent[stream].reduce((sum, { count }) => sum + count, 0);
  }
}
