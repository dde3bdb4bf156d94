import type { Instant } from '../domain/instant.js';
import type { Runtime } from '../engine/runtime.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** How many steps are taken per turn of the real event loop; microtasks run dry after each of them. */
const STEPS_PER_TURN = 64;

/**
 * Time that passes only when everything else has come to rest: timers fire in order, and all promises settle in between. A
 * program whose only time is this runs the same way every time, and as fast as the machine can.
 */
export class VirtualTime {
  private readonly heap: Timer[] = [];
  private order = 0;
  private clock = 0;

  /** Milliseconds since this time began. */
  get now(): number {
    return this.clock;
  }

  /** How many timers wait. */
  get pending(): number {
    return this.heap.filter(({ cancelled }) => !cancelled).length;
  }

  /** Calls `fire` once after `ms`; the answer cancels. */
  after(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.clock + Math.max(0, ms), order: this.order++, fire, cancelled: false };
    this.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Lets time pass until `at`, or until nothing is left to happen. */
  async runUntil(at: number): Promise<void> {
    await this.run(() => {
      const next = this.peek();
      return next !== undefined && next.at <= at;
    });
    this.clock = Math.max(this.clock, at);
  }

  /** Lets time pass until `done` says so, at most `maxMs`. Answers whether it did. */
  async runUntilDone(done: () => boolean, maxMs: number): Promise<boolean> {
    const limit = this.clock + maxMs;
    await this.run(() => {
      const next = this.peek();
      return !done() && next !== undefined && next.at <= limit;
    });
    return done();
  }

  private run(goOn: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let planned = 0;
      const turn = () => {
        planned--;
        try {
          if (!goOn()) {
            if (planned === 0) resolve();
            return;
          }
          this.step();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        if (planned === 0) plan();
      };
      const plan = () => {
        planned = STEPS_PER_TURN;
        for (let i = 0; i < STEPS_PER_TURN; i++) setImmediate(turn);
      };
      plan();
    });
  }

  private step(): void {
    const timer = this.pop();
    if (!timer) return;
    this.clock = Math.max(this.clock, timer.at);
    timer.fire();
  }

  private peek(): Timer | undefined {
    while (this.heap[0]?.cancelled === true) this.pop();
    return this.heap[0];
  }

  private push(timer: Timer): void {
    const { heap } = this;
    heap.push(timer);
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.swapIfBefore(at, parent)) break;
      at = parent;
    }
  }

  private pop(): Timer | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const smaller = right < heap.length && this.isBefore(right, left) ? right : left;
      if (smaller >= heap.length || !this.swapIfBefore(smaller, at)) break;
      at = smaller;
    }
    return first;
  }

  private isBefore(a: number, b: number): boolean {
    const one = this.heap[a] as Timer;
    const other = this.heap[b] as Timer;
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }

  private swapIfBefore(a: number, b: number): boolean {
    if (!this.isBefore(a, b)) return false;
    const one = this.heap[a] as Timer;
    this.heap[a] = this.heap[b] as Timer;
    this.heap[b] = one;
    return true;
  }
}

/** A process on virtual time: when it is killed, none of its timers fire any more. Its wall clock can be set wrong. */
export class VirtualProcess implements Runtime {
  alive = true;
  /** Added to the true time. */
  clockError = 0;
  private ids = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly options: { readonly epoch: Instant; readonly random: () => number; readonly name: string },
  ) {}

  now(): Instant {
    return Math.round(this.options.epoch + this.time.now) + this.clockError;
  }

  monotonic(): number {
    return this.time.now;
  }

  setTimer(ms: number, fire: () => void): () => void {
    return this.time.after(ms, () => {
      if (this.alive) fire();
    });
  }

  random(): number {
    return this.options.random();
  }

  newId(): string {
    return `${this.options.name}-${String(++this.ids)}`.padEnd(16, '_');
  }

  kill(): void {
    this.alive = false;
  }
}
