import type { Gate, Place } from '../engine/company.js';
import type { Runtime } from '../engine/runtime.js';
import { WaitingLine } from './waiting-line.js';

export interface FairGateOptions {
  /** How many places there are, 2 or more. A quarter of them, at least one, is for clinics that were slow. */
  readonly places: number;
  /** How long a place is kept, in ms, while others wait. */
  readonly patienceMs: number;
  /**
   * Whether what was begun in a place that is lost goes on in the next one. Where it has to begin anew, one that was slow is given twice as
   * long each time it comes back, up to 32 times as long, and a slow place only, from which no quick one sends it away.
   */
  readonly resumes: boolean;
  readonly runtime: Runtime;
}

type Lane = 'quick' | 'slow';

interface Guest {
  /** How often in a row it was slow. */
  strikes: number;
  isWanted: boolean;
}

interface Waiter {
  readonly guest: Guest;
  readonly lane: Lane;
  readonly admit: (place: Place) => void;
}

interface Seat {
  readonly guest: Guest;
  lane: Lane;
  isOverdue: boolean;
  /** Was overdue, though perhaps nobody waited. */
  wasSlow: boolean;
  readonly lost: AbortController;
  cancelTimer: () => void;
}

const MAX_STRIKES = 5;

/**
 * At most so many at a time, first come, first served. Who keeps a place long while others wait moves to one of the slow places, where
 * there is one, and otherwise loses it to the one who waits; it comes back by the slow places alone. So clinics that hang delay nobody by
 * more than one `patienceMs`, and a slow one comes to its end.
 */
export class FairGate {
  private readonly capacity: Readonly<Record<Lane, number>>;
  private readonly seats: Readonly<Record<Lane, Set<Seat>>> = { quick: new Set(), slow: new Set() };
  private readonly lines = { quick: new WaitingLine<Waiter>(), slow: new WaitingLine<Waiter>() };

  constructor(private readonly options: FairGateOptions) {
    const slow = Math.max(1, Math.floor(options.places / 4));
    this.capacity = { quick: options.places - slow, slow };
  }

  get waiting(): number {
    return this.lines.quick.size + this.lines.slow.size;
  }

  get inside(): number {
    return this.seats.quick.size + this.seats.slow.size;
  }

  /** One clinic's way in: it is remembered there whether the clinic was slow, and whether it is wanted. */
  door(): Gate & { wanted(): void } {
    const guest: Guest = { strikes: 0, isWanted: false };
    let waiter: Waiter | null = null;
    return {
      enter: (signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve(null);
            return;
          }
          const giveUp = () => {
            this.lines[joined.lane].leave(joined);
            waiter = null;
            resolve(null);
          };
          const joined: Waiter = {
            guest,
            lane: guest.strikes === 0 ? 'quick' : 'slow',
            admit: (place) => {
              signal.removeEventListener('abort', giveUp);
              waiter = null;
              guest.isWanted = false;
              resolve(place);
            },
          };
          waiter = joined;
          signal.addEventListener('abort', giveUp, { once: true });
          this.lines[joined.lane].join(joined, guest.isWanted);
          this.settle();
        }),
      wanted: () => {
        guest.isWanted = true;
        if (waiter) this.lines[waiter.lane].want(waiter);
      },
    };
  }

  /** Fills what is free, and takes from those who are overdue what others wait for. */
  private settle(): void {
    while (this.fillOne() || this.freeOne('quick') || this.freeOne('slow'));
  }

  private isFree(lane: Lane): boolean {
    return this.seats[lane].size < this.capacity[lane];
  }

  private fillOne(): boolean {
    const { quick, slow } = this.lines;
    for (const lane of ['quick', 'slow'] as const) {
      if (!this.isFree(lane)) continue;
      const waiter = lane === 'slow' ? (slow.next() ?? quick.next()) : (quick.next() ?? this.slowOnQuick());
      if (!waiter) continue;
      this.seat(waiter, lane);
      return true;
    }
    return false;
  }

  /** It may have to leave again soon, so only where that loses nothing. */
  private slowOnQuick(): Waiter | undefined {
    return this.options.resumes ? this.lines.slow.next() : undefined;
  }

  private freeOne(lane: Lane): boolean {
    if (this.lines[lane].size === 0 || this.isFree(lane)) return false;
    for (const seat of this.seats[lane]) {
      if (!seat.isOverdue) continue;
      if (lane === 'quick' && this.isFree('slow')) this.move(seat);
      else this.takeFrom(seat);
      return true;
    }
    return false;
  }

  private seat({ guest, admit }: Waiter, lane: Lane): void {
    const lost = new AbortController();
    const seat: Seat = { guest, lane, isOverdue: false, wasSlow: false, lost, cancelTimer: () => undefined };
    this.seats[lane].add(seat);
    this.startClock(seat);
    admit({
      lost: lost.signal,
      leave: () => {
        if (!this.seats[seat.lane].has(seat)) return;
        guest.strikes = seat.wasSlow ? Math.max(1, guest.strikes) : 0;
        this.vacate(seat);
        this.settle();
      },
    });
  }

  private move(seat: Seat): void {
    this.vacate(seat);
    seat.lane = 'slow';
    seat.isOverdue = false;
    this.seats.slow.add(seat);
    this.startClock(seat);
  }

  private takeFrom(seat: Seat): void {
    this.vacate(seat);
    seat.guest.strikes = Math.min(MAX_STRIKES, seat.guest.strikes + 1);
    seat.lost.abort();
  }

  private vacate(seat: Seat): void {
    seat.cancelTimer();
    this.seats[seat.lane].delete(seat);
  }

  private startClock(seat: Seat): void {
    const { patienceMs, resumes, runtime } = this.options;
    const factor = resumes ? 1 : 2 ** seat.guest.strikes;
    seat.cancelTimer = runtime.setTimer(patienceMs * factor, () => {
      seat.isOverdue = seat.wasSlow = true;
      this.settle();
    });
  }
}
