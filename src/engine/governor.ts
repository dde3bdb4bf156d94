import { SECOND } from '../domain/instant.js';
import { pause, type Runtime } from './runtime.js';

/** Looks may use this much of the clinic's time at once after a quiet spell. */
const BURST_MS = 500;

/** A resync's rests are kept over this much: what we were busy with our own work, and left the clinic alone, counts as rest. */
const REST_SAVED_MS = 250;

/**
 * Caps the share of each second that our reads keep the clinic's server busy. The time of a call less the quickest round trip
 * seen stands for the server's time; a slow link is not held against the clinic.
 */
export class Governor {
  private credit = BURST_MS;
  private refilledAt: number;
  private floor = Number.POSITIVE_INFINITY;
  private restsUntil = Number.NEGATIVE_INFINITY;
  private charged = 0;
  private rested = 0;

  constructor(
    private readonly runtime: Runtime,
    private readonly load: number,
    /** However dear a look was, the next may come after this long: being blind costs more. */
    private readonly maxWaitMs: number,
  ) {
    this.refilledAt = runtime.monotonic();
  }

  /** Notes how long a call that does next to nothing took: at best, the round trip alone. */
  roundTrip(ms: number): void {
    this.floor = Math.min(this.floor, ms);
  }

  /** How far a call was slower than the quickest round trip. */
  serverTime(ms: number): number {
    return Math.max(0, ms - (this.floor === Number.POSITIVE_INFINITY ? 0 : this.floor));
  }

  /** Of the clinic's time, all that was charged so far. */
  get spentMs(): number {
    return this.charged;
  }

  /** How long until there is as much credit as this, or the most that there can be; 0 when there is. */
  waitMs(reserveMs = 0): number {
    this.refill();
    const wanted = Math.min(reserveMs, BURST_MS);
    return this.credit < wanted ? (wanted - this.credit) / this.load : 0;
  }

  /** How far apart pieces of work that take so much lie, to use up this part of what all may take. */
  paceMs(ms: number, part: number): number {
    return ms / (this.load * part);
  }

  /** Books a call that took `ms` in `roundTrips` statements. */
  charge(ms: number, roundTrips = 1): void {
    const floor = this.floor === Number.POSITIVE_INFINITY ? 0 : this.floor;
    this.spend(Math.max(0, ms - roundTrips * floor));
  }

  /** Books so much of the clinic's time: what calls take that are as quick as the round trip, which so cannot tell. */
  spend(ms: number): void {
    this.refill();
    this.charged += ms;
    this.credit = Math.max(this.credit - ms, -this.maxWaitMs * this.load);
  }

  /** During a resync: notes a read of `ms`, after which the clinic is left alone until the resync's own share is kept, a second at most. */
  tired(ms: number, load: number): void {
    const now = this.runtime.monotonic();
    const took = this.serverTime(ms);
    const owed = Math.max(this.restsUntil, now - took - REST_SAVED_MS) + took / load - now;
    this.restsUntil = now + Math.min(SECOND, owed);
  }

  /** Before a read of a resync: what is left of that, after whatever we have done meanwhile. */
  async rest(signal: AbortSignal): Promise<void> {
    const left = this.restsUntil - this.runtime.monotonic();
    if (left < 1) return;
    const began = this.runtime.monotonic();
    await pause(this.runtime, left, signal);
    this.rested += this.runtime.monotonic() - began;
  }

  /** How long it has rested in all. */
  get restedMs(): number {
    return this.rested;
  }

  private refill(): void {
    const now = this.runtime.monotonic();
    this.credit = Math.min(BURST_MS, this.credit + (now - this.refilledAt) * this.load);
    this.refilledAt = now;
  }
}
