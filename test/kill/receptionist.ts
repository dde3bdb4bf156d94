import { setTimeout as sleep } from 'node:timers/promises';

import { DAY, MINUTE } from '../../src/domain/instant.js';
import { keyText } from '../../src/domain/row.js';
import type { Random } from '../../src/testing/random.js';
import { identityOf } from '../simulation/history.js';
import type { Desk, Write } from './desk.js';
import { meaning, type RowValues } from './schema.js';

const INITIAL_FUTURE = 2_000;
const INITIAL_PAST = 500;

/** Writes straight into the clinic's database, without a pause while work is on, and remembers every version that there was. */
export class Receptionist {
  /** Each key's identities so far. */
  readonly versions = new Map<string, Set<string>>();
  commits = 0;
  private readonly ids: number[] = [];
  private free: number[] = [];
  private resting: Promise<void> | null = null;
  private wake: () => void = () => undefined;
  private closed = false;
  private working: Promise<void> = Promise.resolve();
  private hurry = 0;
  private busy = false;
  private failure: unknown = null;

  constructor(
    private readonly desk: Desk,
    private readonly random: Random,
  ) {}

  async open(): Promise<void> {
    const inserts = (count: number, past: boolean) =>
      Array.from({ length: count }, (): Write => ({ type: 'insert', values: this.values(past) }));
    await this.commit([...inserts(INITIAL_PAST, true), ...inserts(INITIAL_FUTURE, false)]);
    this.working = this.work().catch((error: unknown) => {
      this.failure = error;
    });
  }

  /** Lays down the pen: nothing is committed from then on. */
  async rest(): Promise<void> {
    this.resting ??= new Promise((resolve) => {
      this.wake = resolve;
    });
    while (this.busy) {
      this.throwFailure();
      await sleep(1);
    }
  }

  resume(): void {
    this.resting = null;
    this.wake();
  }

  /** The next so many commits come without a pause. */
  burst(commits: number): void {
    this.hurry = commits;
  }

  /** Throws what made the work end early. */
  async close(): Promise<void> {
    this.closed = true;
    this.resume();
    await this.working;
    this.throwFailure();
  }

  private throwFailure(): void {
    if (this.failure !== null) throw new Error('The receptionist could not write.', { cause: this.failure });
  }

  private async work(): Promise<void> {
    while (!this.closed) {
      if (this.resting) await this.resting;
      if (this.closed) return;
      this.busy = true;
      await this.commit(this.next());
      this.busy = false;
      if (this.hurry > 0) this.hurry--;
      await sleep(this.hurry > 0 ? 0 : this.random.int(1, 25));
    }
  }

  private next(): Write[] {
    const { random } = this;
    switch (random.weighted({ insert: 30, remove: 25, edit: 25, reuse: 12, swap: 3, batch: 3, undo: 2 })) {
      case 'insert':
        return [this.insert()];
      case 'remove':
        return this.removal();
      case 'edit':
        return this.some((id) => [{ type: 'edit', id, values: this.values(random.chance(0.1)) }]);
      case 'reuse':
        return this.some((id) => [
          { type: 'delete', id },
          { type: 'insert', id, values: this.values(false) },
        ]);
      case 'swap':
        return this.some((id) => this.some((other) => this.swap(id, other)));
      case 'batch':
        return Array.from({ length: random.int(20, 60) }, () => ({ type: 'insert', values: this.values(false) }));
      // Nothing changes in the end: it was there and is gone within one transaction.
      case 'undo':
        return [
          { type: 'insert', id: 1_000_000, values: this.values(false) },
          { type: 'delete', id: 1_000_000 },
        ];
    }
  }

  /** Under an id that was free again, or the next one. */
  private insert(): Write {
    const { random } = this;
    const id = random.chance(0.3) ? this.free.pop() : undefined;
    return { type: 'insert', values: this.values(random.chance(0.1)), ...(id === undefined ? {} : { id }) };
  }

  /** Mostly of the newest row, whose id SQLite gives to the next. */
  private removal(): Write[] {
    const top = this.ids.reduce((highest, id) => Math.max(highest, id), 0);
    return this.random.chance(0.3) && top > 0
      ? [{ type: 'delete', id: top }]
      : this.some((id) => [{ type: 'delete', id }]);
  }

  private swap(id: number, other: number): Write[] {
    const [one, two] = [this.values(false), this.values(false)];
    return [
      { type: 'edit', id, values: one },
      { type: 'edit', id: other, values: two },
      { type: 'edit', id, values: two },
      { type: 'edit', id: other, values: one },
    ];
  }

  private some(then: (id: number) => Write[]): Write[] {
    return this.ids.length < 100 ? [this.insert()] : then(this.random.pick(this.ids));
  }

  private async commit(writes: readonly Write[]): Promise<void> {
    const ids = await this.desk.commit(writes);
    this.commits++;
    ids.forEach((id, i) => {
      const one = writes[i];
      if (one) this.note(id, one);
    });
  }

  private note(id: number, write: Write): void {
    const at = this.ids.indexOf(id);
    if (write.type === 'delete') {
      if (at >= 0) this.ids.splice(at, 1);
      if (id < 1_000_000) this.free.push(id);
      return;
    }
    if (at < 0) this.ids.push(id);
    this.free = this.free.filter((other) => other !== id);
    const key = keyText('busy', String(id));
    const known = this.versions.get(key) ?? new Set();
    this.versions.set(key, known.add(identityOf(meaning({ id, ...write.values }))));
  }

  /** A quarter-hour some days from now, or some days ago: never today. */
  private values(past: boolean): RowValues {
    const { random } = this;
    const day = past ? random.int(-60, -3) : random.int(2, 120);
    const start = Math.floor(Date.now() / DAY) * DAY + day * DAY + random.int(28, 72) * 15 * MINUTE;
    const wall = (time: number) => new Date(time).toISOString().slice(0, 19).replace('T', ' ');
    return {
      doctor: String(random.int(1, 5)),
      nurse: random.chance(0.1) ? String(random.int(1, 5)) : '0',
      room: random.chance(0.3) ? '0' : `r${random.int(1, 4)}`,
      starts: wall(start),
      ends: wall(start + random.int(0, 4) * 15 * MINUTE),
    };
  }
}
