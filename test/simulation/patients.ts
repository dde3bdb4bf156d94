import type { ResultAsync } from 'neverthrow';

import type { MemoryClinic } from '../../src/adapters/memory/index.js';
import type { ClinicSync } from '../../src/clinic-sync.js';
import type { Booking, Deletion } from '../../src/domain/booking.js';
import type { Random } from '../../src/testing/random.js';
import type { VirtualTime } from '../../src/testing/virtual-time.js';

/** What patients need of the world. */
export interface Surroundings {
  readonly clinic: MemoryClinic;
  readonly time: VirtualTime;
  /** The host's sync of this moment, if its process lives. */
  present(): ClinicSync | null;
  violate(promise: string, text: string): void;
  note(line: string): void;
  /** The mirror lost commits, or clocks went back: what follows from keeping both is not promised then. */
  excused(): boolean;
}

type Ask = (sync: ClinicSync) => ResultAsync<Booking | Deletion, { readonly code: string }>;

const MAX_ASKS = 6;

/** The people online. They ask again, under the same key, whenever they are not told how it went. */
export class Patients {
  private count = 0;
  /** By key: the ids of all rows that ever stood at the clinic for it. */
  private readonly made = new Map<string, Set<string>>();
  /** Keys whose request was answered with a refusal for good. */
  private readonly refused = new Map<string, string>();

  private gone = false;

  constructor(private readonly world: Surroundings) {
    world.clinic.onCommit(() => {
      this.observe();
    });
  }

  /** Nobody asks any more. */
  leave(): void {
    this.gone = true;
  }

  book(random: Random): void {
    const sync = this.world.present();
    if (!sync) return;
    const key = `b${String(++this.count)}`;
    void sync.availability({ limit: 40 }).then((answer) => {
      if (answer.isErr() || answer.value.slots.length === 0) return;
      const slot = random.pick(answer.value.slots);
      this.ask(key, random, (present) => present.book({ slot, idempotencyKey: key, details: { reason: key } }));
    });
  }

  /** Several at once for one slot. */
  race(random: Random): void {
    const sync = this.world.present();
    if (!sync) return;
    void sync.availability({ limit: 5 }).then((answer) => {
      if (answer.isErr() || answer.value.slots.length === 0) return;
      const slot = random.pick(answer.value.slots);
      for (let i = random.int(2, 4); i > 0; i--) {
        const key = `b${String(++this.count)}`;
        this.ask(key, random, (present) => present.book({ slot, idempotencyKey: key, details: { reason: key } }));
      }
    });
  }

  cancel(random: Random): void {
    const sync = this.world.present();
    if (!sync) return;
    const key = `d${String(++this.count)}`;
    void sync.snapshot().then((snapshot) => {
      if (snapshot.isErr()) return;
      const rows = snapshot.value.rows.filter(({ row }) => row.kind === 'appointment');
      if (rows.length === 0) return;
      const { row, fingerprint } = random.pick(rows);
      this.ask(key, random, (present) => present.delete({ id: row.id, fingerprint, idempotencyKey: key }));
    });
  }

  private ask(key: string, random: Random, ask: Ask, asks = 1): void {
    const { world } = this;
    const sync = world.present();
    let answered = false;
    const again = (ms: number) => {
      if (asks >= MAX_ASKS) return;
      world.time.after(ms, () => {
        if (!answered && !this.gone) this.ask(key, random, ask, asks + 1);
      });
    };
    if (!sync) {
      again(random.int(500, 4_000));
      return;
    }
    // The process may die before it answers.
    again(random.int(8_000, 20_000));
    void ask(sync).then((outcome) => {
      const code = outcome.isOk() ? 'ok' : outcome.error.code;
      world.note(`${key} ${code}`);
      if (code === 'InDoubt' || code === 'NotLive' || code.startsWith('Mirror')) return;
      answered = true;
      if (outcome.isOk()) this.acknowledged(key, 'row' in outcome.value ? outcome.value.row.id : undefined);
      else if (code === 'NotMade' || code === 'SlotTaken') this.refused.set(key, code);
    });
  }

  private acknowledged(key: string, id: string | undefined): void {
    const { world } = this;
    if (!key.startsWith('b')) return;
    if (!this.made.get(key)?.has(id ?? '')) world.violate('S5', `${key} was acknowledged and is no row`);
  }

  private observe(): void {
    for (const { row } of this.world.clinic.all().values()) {
      const key = row.details?.reason;
      if (key === undefined) continue;
      const ids = this.made.get(key) ?? new Set();
      this.made.set(key, ids.add(row.id));
      if (ids.size > 1 && !this.world.excused()) this.world.violate('S6', `${key} made rows ${[...ids].join(' and ')}`);
    }
  }

  /** At the end: nothing is in doubt, and nothing is there that was refused. `open`: keys of intents without an outcome. */
  check(open: readonly string[]): void {
    const { world } = this;
    for (const key of open) world.violate('S7', `${key} is still in doubt`);
    if (world.excused()) return;
    for (const { row } of world.clinic.all().values()) {
      const key = row.details?.reason ?? '';
      const code = this.refused.get(key);
      if (code !== undefined) world.violate('S6', `${key} was refused as ${code} and stands at the clinic`);
    }
  }
}
