import type { Gate, Place } from './company.js';

/** How a comparison of the whole future goes about it: with its own share of the clinic's time, and in its turn among the clinics. */
export class Pace {
  private constructor(
    /** The share of the clinic's time that its reads may take. */
    readonly load: number,
    private readonly gate: Gate,
    private place: Place,
  ) {}

  /** Waits for a place; `null` when the signal aborts first. */
  static async begin(gate: Gate, load: number, signal: AbortSignal): Promise<Pace | null> {
    const place = await gate.enter(signal);
    return place && new Pace(load, gate, place);
  }

  /** Others have their turn now. */
  get isOver(): boolean {
    return this.place.lost.aborted;
  }

  /**
   * Before and after each read: goes on at once while it has its place. It loses it by taking long while others wait, above all to a
   * clinic that does not answer; then it waits for its next turn.
   */
  async turn(signal: AbortSignal): Promise<void> {
    if (!this.isOver) return;
    this.place = (await this.gate.enter(signal)) ?? this.place;
  }

  end(): void {
    this.place.leave();
  }
}
