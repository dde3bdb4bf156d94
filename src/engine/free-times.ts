import { err, ok, type Result } from 'neverthrow';

import type { BusyTime } from '../domain/busy-times.js';
import type { ErrorOf, MirrorErrorCode } from '../domain/errors.js';
import { isRowEvent, type ClinicEvent } from '../domain/events.js';
import { Asked, freeOf, offeredOf } from '../domain/free-slots.js';
import type { ResolvedFilter } from '../domain/filter.js';
import { DAY, type Instant } from '../domain/instant.js';
import { PackedSlots } from '../domain/packed-slots.js';
import { EVERYONE, overlaps, type ClinicRow, type Stream } from '../domain/row.js';
import { compareSlots, type Slot } from '../domain/slot.js';
import type { AskedLength, SlotLengths } from '../domain/slot-lengths.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';

type Failed = ErrorOf<MirrorErrorCode>;

const WEEK = 7 * DAY;
/** Slots that are remembered, ten bytes each; each week counts as some more, for what it takes itself. */
const MOST_SLOTS = 400_000;
const WEEK_COUNTS_AS = 50;

/** A practitioner's free slots of one length that start in one week. */
interface Week {
  readonly practitionerId: string;
  readonly start: Instant;
  /** What starts before this, and ends after the week's start, can change it. */
  readonly until: Instant;
  readonly slots: PackedSlots;
}

/**
 * Finds free slots week by week, and remembers what it found until a row of that practitioner comes or goes there. Of an open mirror; whatever
 * is committed to it must be told to {@link forget} before anybody else hears of it.
 */
export class FreeTimes {
  /** By key, the least recently used first. */
  private readonly weeks = new Map<string, Week>();
  /** The keys of each practitioner's. */
  private readonly keys = new Map<string, Set<string>>();
  private remembered = 0;
  /** Counts what was forgotten, so that nothing is remembered that was read before. */
  private changes = 0;
  private readonly reads = new Map<string, ReturnType<FreeTimes['read']>>();
  private practitioners: Promise<Result<ReadonlySet<string>, Failed>> | null = null;

  constructor(
    readonly mirror: ClinicMirror,
    private readonly lengths: SlotLengths,
  ) {}

  /** The ids that any row names, but everybody's. */
  async known(): Promise<Result<ReadonlySet<string>, Failed>> {
    const asked = (this.practitioners ??= askMirror(() => this.mirror.practitioners()).then((ids) =>
      ids.map((each) => new Set(each.filter((id) => id !== EVERYONE))),
    ));
    const known = await asked;
    if (known.isErr() && this.practitioners === asked) this.practitioners = null;
    return known;
  }

  /** Takes in what was committed. */
  forget(events: readonly ClinicEvent[]): void {
    this.changes++;
    for (const event of events) {
      if (event.type === 'snapshot.replaced') this.clear();
      if (event.type === 'window.advanced') this.prune(event.cutoff);
      if (!isRowEvent(event)) continue;
      this.practitioners = null;
      const { row } = event;
      for (const id of row.practitionerIds) {
        for (const key of (id === EVERYONE ? this.weeks : this.keys.get(id))?.keys() ?? []) {
          const week = this.weeks.get(key);
          if (!week) continue;
          if (overlaps(row, { start: week.start, end: week.until })) this.drop(key, week);
        }
      }
    }
  }

  /** The free slots that a filter asks for, in order, up to one more than its limit. `promised`: taken beside the rows. */
  async find(filter: ResolvedFilter, promised: readonly BusyTime[]): Promise<Result<Slot[], Failed>> {
    const known = await this.known();
    if (known.isErr()) return err(known.error);
    const asked = new Asked(filter);
    const practitionerIds = [...new Set(filter.practitionerIds ?? known.value)];
    for (let start = weekOf(filter.from); start < filter.to && !asked.isFull; start += WEEK) {
      const slots = await this.week(start, practitionerIds, filter, promised);
      if (slots.isErr()) return err(slots.error);
      asked.take(slots.value);
    }
    return ok(asked.slots);
  }

  private async week(
    start: Instant,
    practitionerIds: readonly string[],
    { from, to, length }: ResolvedFilter,
    promised: readonly BusyTime[],
  ): Promise<Result<readonly Slot[], Failed>> {
    const found: (readonly Slot[])[] = [];
    const missing: string[] = [];
    const ofPromised = new Set(promised.flatMap((time) => time.practitionerIds));
    for (const practitionerId of practitionerIds) {
      const week = ofPromised.has(practitionerId) ? undefined : this.recall(keyOf(start, practitionerId, length));
      if (week) found.push(week.slots.between(from, to));
      else missing.push(practitionerId);
    }
    if (missing.length > 0) {
      const read = await this.readOnce(start, missing, length, promised);
      if (read.isErr()) return err(read.error);
      found.push(read.value.between(from, to));
    }
    const [only] = found;
    return ok(found.length === 1 && only ? only : found.flat().sort(compareSlots));
  }

  /** Many ask the same at once when something has changed that they all watch: it is read once. */
  private readOnce(
    start: Instant,
    practitionerIds: readonly string[],
    length: AskedLength,
    promised: readonly BusyTime[],
  ): ReturnType<FreeTimes['read']> {
    const ofThese = promised.filter((time) => time.practitionerIds.some((id) => practitionerIds.includes(id)));
    if (ofThese.length > 0) return this.read(start, practitionerIds, length, ofThese);
    const key = `${String(this.changes)}|${keyOf(start, JSON.stringify(practitionerIds), length)}`;
    const underWay = this.reads.get(key);
    if (underWay) return underWay;
    const read = this.read(start, practitionerIds, length, []).finally(() => this.reads.delete(key));
    this.reads.set(key, read);
    return read;
  }

  private async read(
    start: Instant,
    practitionerIds: readonly string[],
    length: AskedLength,
    promised: readonly BusyTime[],
  ): Promise<Result<PackedSlots, Failed>> {
    const { changes } = this;
    const end = start + WEEK;
    const sessions = await this.rows('session', start, end, practitionerIds);
    if (sessions.isErr()) return err(sessions.error);
    const cut = { from: start, to: end, practitionerIds: new Set(practitionerIds), length };
    const offered = offeredOf(sessions.value, cut, this.lengths);
    const until = offered.reduce((latest, slot) => Math.max(latest, slot.end), end);
    const busy = await this.rows('busy', start, until, practitionerIds);
    if (busy.isErr()) return err(busy.error);
    const free = freeOf(offered, [...busy.value, ...promised]);
    const slots = new PackedSlots(free);
    if (changes === this.changes) {
      // What is promised can end by itself, so that nothing is remembered of whom it was promised.
      const ofPromised = new Set(promised.flatMap((time) => time.practitionerIds));
      const own = practitionerIds.length === 1 ? null : Map.groupBy(free, ({ practitionerId }) => practitionerId);
      for (const practitionerId of practitionerIds) {
        if (ofPromised.has(practitionerId)) continue;
        const ofWeek = own ? new PackedSlots(own.get(practitionerId) ?? []) : slots;
        this.remember(keyOf(start, practitionerId, length), { practitionerId, start, until, slots: ofWeek });
      }
    }
    return ok(slots);
  }

  private async rows(
    stream: Stream,
    from: Instant,
    to: Instant,
    practitionerIds: readonly string[],
  ): Promise<Result<ClinicRow[], Failed>> {
    const rows = await askMirror(() =>
      this.mirror.rows({ stream, startsBefore: to, endsAfter: from, practitionerIds: [...practitionerIds, EVERYONE] }),
    );
    return rows.map((stored) => stored.map(({ row }) => row));
  }

  private recall(key: string): Week | undefined {
    const week = this.weeks.get(key);
    if (!week) return undefined;
    this.weeks.delete(key);
    this.weeks.set(key, week);
    return week;
  }

  private remember(key: string, week: Week): void {
    const before = this.weeks.get(key);
    if (before) this.drop(key, before);
    this.weeks.set(key, week);
    const keys = this.keys.get(week.practitionerId);
    if (keys) keys.add(key);
    else this.keys.set(week.practitionerId, new Set([key]));
    this.remembered += sizeOf(week);
    for (const [oldest, each] of this.weeks) {
      if (this.remembered <= MOST_SLOTS) break;
      this.drop(oldest, each);
    }
  }

  private drop(key: string, week: Week): void {
    this.weeks.delete(key);
    const keys = this.keys.get(week.practitionerId);
    keys?.delete(key);
    if (keys?.size === 0) this.keys.delete(week.practitionerId);
    this.remembered -= sizeOf(week);
  }

  /** What has passed is gone, and is not offered again if our clock goes back. */
  private prune(cutoff: Instant): void {
    for (const [key, week] of this.weeks) if (week.start < cutoff) this.drop(key, week);
  }

  private clear(): void {
    this.weeks.clear();
    this.keys.clear();
    this.remembered = 0;
    this.practitioners = null;
  }
}

const sizeOf = ({ slots }: Week): number => WEEK_COUNTS_AS + slots.size;

const weekOf = (instant: Instant): Instant => Math.floor(instant / WEEK) * WEEK;

function keyOf(start: Instant, practitionerId: string, length: AskedLength): string {
  const asked = length === null ? '' : 'type' in length ? `t${length.type}` : `m${String(length.ms)}`;
  return `${String(start)}|${asked}|${practitionerId}`;
}
