import { randomUUID } from 'node:crypto';

/** A line of the diary. Times are what the clock on the clinic's wall shows, such as `2026-11-23 09:30`. */
export interface Entry {
  readonly id: string;
  readonly doctor: string | null;
  readonly room: string | null;
  readonly from: string;
  readonly to: string;
  readonly token: string | null;
}

/** What a statement makes of the entries, if it changes them, and what it answers. */
type Statement<T> = (entries: readonly Entry[], now: number) => { entries?: readonly Entry[]; answer: T };

/** Stands for the clinic's database and its driver. The clinic's own people change it whenever they like. */
export class Diary {
  readonly name = randomUUID();
  #entries: readonly Entry[] = [];

  async clock(): Promise<number> {
    return Date.now();
  }

  async select(): Promise<readonly Entry[]> {
    return this.#entries;
  }

  /** All of it is there at once. */
  async execute<T>(statement: Statement<T>): Promise<T> {
    const { entries, answer } = statement(this.#entries, Date.now());
    if (entries) this.#entries = entries;
    return answer;
  }
}
