import type { ResultAsync } from 'neverthrow';

import type { MemoryClinic } from '../../src/adapters/memory/index.js';
import type { ClinicSync } from '../../src/clinic-sync.js';
import type { Booking, Deletion } from '../../src/domain/booking.js';
import type { ClinicEvent } from '../../src/domain/events.js';
import { stored } from '../../src/domain/fingerprint.js';
import { overlaps, type ClinicRow, type StoredRow } from '../../src/domain/row.js';
import type { Slot, SlotRef } from '../../src/domain/slot.js';
import { takes } from '../../src/domain/busy-times.js';
import type { Shelf } from '../../src/mirror/memory/shelf.js';
import type { Random } from '../../src/testing/random.js';
import type { VirtualTime } from '../../src/testing/virtual-time.js';
import type { History } from './history.js';

/** What patients need of the world. */
export interface Surroundings {
  readonly clinic: MemoryClinic;
  readonly time: VirtualTime;
  readonly history: History;
  /** Our rows can be told by their token. */
  readonly tokens: boolean;
  /** The host's sync of this moment, if its process lives. */
  present(): ClinicSync | null;
  /** What the mirror holds, as its disk has it. */
  shelf(): Shelf | undefined;
  violate(promise: string, text: string): void;
  note(line: string): void;
  /** The mirror lost commits, or clocks went back: what follows from keeping both is not promised then. */
  excused(): boolean;
}

type Ask = (sync: ClinicSync) => ResultAsync<Booking | Deletion, { readonly code: string }>;

const MAX_ASKS = 6;
/** Longer than a mirror takes to answer a commit. */
const MIRROR_ANSWERS_MS = 200;
const REFUSALS_BY_HOLDS = ['NotLive', 'BookingsHeld', 'NotStarted', 'Stopped'];

/** How the keys of a second process of the platform's begin. */
export const CONTENDER = 'r';

/** A slot that somebody was told is kept for her. */
interface Kept {
  readonly key: string;
  readonly slot: SlotRef;
  readonly from: number;
  until: number;
}

/** The people online. They ask again, under the same key, whenever they are not told how it went. */
export class Patients {
  private count = 0;
  /** By key: the ids of all rows that ever stood at the clinic for it. */
  private readonly made = new Map<string, Set<string>>();
  /** Keys whose request was answered with a refusal for good. */
  private readonly refused = new Map<string, string>();

  /** By key: the row that was acknowledged. */
  private readonly booked = new Map<string, Booking>();
  /** Conflicts that were told: the booking's key and the other row's id. */
  private readonly conflicts = new Set<string>();
  private readonly kept: Kept[] = [];

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
    void this.offered(sync, 40).then((slots) => {
      if (slots.length === 0) return;
      const slot = random.pick(slots);
      this.ask(key, random, (present) => present.book({ slot, idempotencyKey: key, details: { reason: key } }));
    });
  }

  /** What is free; held against the mirror's own rows (S8), whatever was remembered of them. */
  private async offered(sync: ClinicSync, limit: number): Promise<readonly Slot[]> {
    const asked = await this.askAndCheck(sync, limit);
    if (asked.wrong === null) return asked.slots;
    // A commit may be on the disk that the engine has not been answered yet: then what is free is as of the moment before. Not for long.
    await this.world.time.wait(MIRROR_ANSWERS_MS);
    const { shelf } = asked;
    if (this.world.shelf() !== shelf || shelf.head !== asked.head || this.world.present() !== sync) return asked.slots;
    const again = await this.askAndCheck(sync, limit);
    if (again.wrong !== null) this.world.violate('S8', again.wrong);
    return asked.slots;
  }

  private async askAndCheck(sync: ClinicSync, limit: number) {
    const shelf = this.world.shelf();
    const head = shelf?.head;
    const answer = await sync.availability({ limit });
    const slots = answer.isOk() ? answer.value.slots : [];
    const isStill = shelf !== undefined && shelf === this.world.shelf() && shelf.head === head;
    return { slots, shelf: shelf as Shelf, head, wrong: isStill ? wrongAmong(slots, shelf) : null };
  }

  /** Several at once for one slot. */
  race(random: Random): void {
    const sync = this.world.present();
    if (!sync) return;
    void this.offered(sync, 5).then((slots) => {
      if (slots.length === 0) return;
      const slot = random.pick(slots);
      for (let i = random.int(2, 4); i > 0; i--) {
        const key = `b${String(++this.count)}`;
        this.ask(key, random, (present) => present.book({ slot, idempotencyKey: key, details: { reason: key } }));
      }
    });
  }

  /** Somebody at the desk writes into the slot while a patient is booking it. */
  clash(random: Random): void {
    const { world } = this;
    const sync = world.present();
    if (!sync) return;
    const key = `b${String(++this.count)}`;
    void this.offered(sync, 5).then((slots) => {
      if (slots.length === 0) return;
      const slot = random.pick(slots);
      const { practitionerId, locationId, start, end, zone } = slot;
      world.time.after(random.int(1, 120), () => {
        if (this.gone) return;
        const row = { practitionerIds: [practitionerId], locationId, start, end, zone, slotMs: null };
        world.clinic.put({ id: world.clinic.nextId(), kind: 'appointment', ...row });
      });
      this.ask(key, random, (present) => present.book({ slot, idempotencyKey: key, details: { reason: key } }));
    });
  }

  /** Keeps a slot while filling in the form; then books it, thinks better of it, or goes away. */
  hold(random: Random): void {
    const { world } = this;
    const sync = world.present();
    if (!sync) return;
    const key = `h${String(++this.count)}`;
    void this.offered(sync, 10).then(async (slots) => {
      if (slots.length === 0) return;
      const slot = random.pick(slots);
      const ttlMs = random.int(2_000, 20_000);
      const asked = world.time.now;
      const held = await sync.hold({ slot, idempotencyKey: key, ttlMs });
      world.note(`${key} ${held.isOk() ? 'held' : held.error.code}`);
      if (held.isErr()) return;
      const kept: Kept = { key, slot: held.value.slot, from: world.time.now, until: asked + ttlMs };
      this.kept.push(kept);
      // Somebody else has had the page open for longer, and still sees it as free.
      if (random.chance(0.5)) {
        const other = `b${String(++this.count)}`;
        world.time.after(random.int(1, ttlMs), () => {
          if (!this.gone)
            this.ask(other, random, (now) => now.book({ slot, idempotencyKey: other, details: { reason: other } }));
        });
      }
      world.time.after(random.int(100, 25_000), () => {
        const present = world.present();
        if (!present || this.gone) return;
        if (random.chance(0.2)) return;
        // Either way the key holds nothing any more.
        kept.until = Math.min(kept.until, world.time.now);
        if (random.chance(0.3)) {
          void present.release(key).then((released) => {
            world.note(`${key} ${released.isOk() ? 'released' : released.error.code}`);
          });
        } else {
          this.ask(key, random, (now) => now.book({ slot, idempotencyKey: key, details: { reason: key } }));
        }
      });
    });
  }

  /** Another host has been told what the log says. */
  told(event: ClinicEvent): void {
    // A copy that is laid anew tells no differences, and so no conflicts either.
    if (event.type === 'snapshot.replaced') this.booked.clear();
    if (event.type !== 'conflict.detected') return;
    for (const { id, fingerprint } of event.others) {
      this.conflicts.add(`${event.bookingId ?? '?'} ${id}`);
      // Both can be ours, one of them deleted and typed in again as it was: then the other is named beside it.
      this.conflicts.add(`row ${event.ours.id} ${id} ${fingerprint}`);
    }
  }

  /**
   * A host that begins with a snapshot was told of nothing before it, conflicts included; but it has all rows before it, and sees by itself
   * which of them overlap.
   */
  given(rows: readonly StoredRow[]): void {
    const busy = rows.filter(({ row }) => row.kind !== 'session');
    for (const ours of busy) {
      for (const other of busy) {
        const shared = other.row.practitionerIds.some((id) => ours.row.practitionerIds.includes(id));
        if (ours !== other && shared && overlaps(ours.row, other.row))
          this.conflicts.add(`row ${ours.row.id} ${other.row.id} ${other.fingerprint}`);
      }
    }
  }

  cancel(random: Random): void {
    const sync = this.world.present();
    if (!sync) return;
    const key = `d${String(++this.count)}`;
    void sync.snapshot().then((snapshot) => {
      if (snapshot.isErr()) return;
      const rows = snapshot.value.rows.filter(({ row }) => row.kind === 'appointment');
      if (rows.length === 0) return;
      const chosen = random.pick(rows);
      const { row, fingerprint } = chosen;
      this.ask(key, random, (present) => present.delete({ id: row.id, fingerprint, idempotencyKey: key }), chosen);
    });
  }

  /** `victim`: the row that a cancellation is about. */
  private ask(key: string, random: Random, ask: Ask, victim?: StoredRow, asks = 1): void {
    const { world } = this;
    const sync = world.present();
    const heldSince = asks === 1 && sync !== null && sync.status.holds.length > 0 ? sync.status.since : null;
    let answered = false;
    const again = (ms: number) => {
      if (asks >= MAX_ASKS) return;
      world.time.after(ms, () => {
        if (!answered && !this.gone) this.ask(key, random, ask, victim, asks + 1);
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
      // A hold may have been released between the question and the moment at which it was looked at.
      const isHeld = heldSince !== null && sync.status.holds.length > 0 && sync.status.since === heldSince;
      if (isHeld && !REFUSALS_BY_HOLDS.includes(code) && !code.startsWith('Mirror'))
        world.violate('S4', `${key} was answered ${code} while bookings were held`);
      if (code === 'InDoubt' || code === 'NotLive' || code.startsWith('Mirror')) return;
      answered = true;
      if (outcome.isOk()) this.acknowledged(key, outcome.value, victim);
      else if (code === 'NotMade' || code === 'SlotTaken') this.refused.set(key, code);
    });
  }

  private acknowledged(key: string, answer: Booking | Deletion, victim: StoredRow | undefined): void {
    const { world } = this;
    if ('row' in answer) {
      this.booked.set(key, answer);
      if (!this.made.get(key)?.has(answer.row.id)) world.violate('S5', `${key} was acknowledged and is no row`);
    } else if (victim && !world.excused()) {
      const isGone = world.history.of(victim.row).some(({ to }) => to !== null);
      if (!isGone) world.violate('S5', `${key} was acknowledged and its row is still there`);
    }
  }

  private observe(): void {
    for (const { row } of this.world.clinic.all().values()) {
      const key = row.details?.reason;
      if (key === undefined) continue;
      const ids = this.made.get(key) ?? new Set();
      if (!ids.has(row.id)) this.checkHolds(key, row);
      this.made.set(key, ids.add(row.id));
      if (ids.size > 1 && !this.world.excused()) this.world.violate('S6', `${key} made rows ${[...ids].join(' and ')}`);
    }
  }

  /** S16: nobody else online gets a slot that is kept. */
  private checkHolds(key: string, row: ClinicRow): void {
    const { world } = this;
    const { now } = world.time;
    // Another process has a mirror of its own, and holds are in the mirror.
    if (key.startsWith(CONTENDER)) return;
    for (const kept of this.kept) {
      const isKept = kept.key !== key && kept.from < now && now < kept.until;
      const isOfIt = row.practitionerIds.includes(kept.slot.practitionerId) && overlaps(row, kept.slot);
      if (isKept && isOfIt && !world.excused())
        world.violate('S16', `${key} was given a slot that is kept for ${kept.key}`);
    }
  }

  /** S5: whoever overlaps a booking that was acknowledged and stands as it was, the host has heard of. */
  private checkOverlaps(): void {
    const { world } = this;
    const busy = [...world.clinic.all().values()].filter(({ row }) => row.kind !== 'session' && !row.undecodable);
    for (const [key, { row: told }] of this.booked) {
      const ours = busy.find((record) => record.row.id === told.id);
      if (!ours || stored(ours).fingerprint !== told.fingerprint) continue;
      for (const { row } of busy) {
        const shared = row.practitionerIds.some((id) => ours.row.practitionerIds.includes(id));
        if (row.id === told.id || !shared || !overlaps(row, ours.row)) continue;
        const other = row.details?.reason ?? '?';
        const ways = [`${key} ${row.id}`, `${other} ${told.id}`, `row ${row.id} ${told.id} ${told.fingerprint}`];
        const isTold = ways.some((way) => this.conflicts.has(way));
        if (!isTold) world.violate('S5', `${key} and ${row.id} overlap, and nobody was told`);
      }
    }
  }

  /** At the end: nothing is in doubt, and nothing is there that was refused. `open`: keys of intents without an outcome. */
  check(open: readonly string[]): void {
    const { world } = this;
    for (const key of open) world.violate('S7', `${key} is still in doubt`);
    if (world.excused()) return;
    this.checkOverlaps();
    for (const { row } of world.clinic.all().values()) {
      const key = row.details?.reason ?? '';
      const code = this.refused.get(key);
      // Without a token nobody can tell whose a row is that was moved out of the slot before the settlement.
      if (!world.tokens && world.history.wasEdited(row)) continue;
      if (code !== undefined) world.violate('S6', `${key} was refused as ${code} and stands at the clinic`);
    }
  }
}

/** The first slot that the mirror's rows do not offer, or take; `null`: none. */
function wrongAmong(slots: readonly Slot[], shelf: Shelf): string | null {
  const rows = [...shelf.rows.values()].map(({ row }) => row);
  for (const slot of slots) {
    const what = `offered ${slot.practitionerId} at ${String(slot.start)}`;
    const taker = rows.find((row) => row.kind !== 'session' && takes(row, slot));
    if (taker) return `${what}, which ${taker.id} takes`;
    const offers = ({ kind, id, start, end }: ClinicRow) =>
      kind === 'session' && id === slot.sessionId && start <= slot.start && end >= slot.end;
    if (!rows.some(offers)) return `${what} outside of a session`;
  }
  return null;
}
