/**
 * What the page's timeline shows. A write at the desk is one entry, which is told of at once and completed when ClinicSync's event
 * arrives: its latency is from the moment at which the desk's commit had returned to the moment at which the host had the event.
 */
import { Subject } from 'rxjs';

import { isRowEvent, type ClinicEvent, type RowEvent } from '../../../src/index.js';
import { fromWall, toWall } from '../clinic-time.js';
import type { Written } from './desk.js';
import { rowWords, wordsOf, type Words } from './words.js';

export interface TimelineEntry extends Words {
  readonly n: number;
  /** Epoch ms. */
  readonly at: number;
  /** The event's type, or `desk` before there is one. */
  readonly type: string;
  /** From the cause to the event; `null`: none is measured, or it has not come yet. */
  readonly latencyMs: number | null;
  /** `waiting`: the backend has not heard of it. `overtaken`: it was undone or changed again before it could be told. */
  readonly told: 'told' | 'waiting' | 'overtaken';
  /** The online booking that it is about: its idempotency key. */
  readonly bookingId: string | null;
  /** The time that came to be taken by it, on the clinic's wall. */
  readonly takes: { readonly practitioner: string; readonly starts: string } | null;
}

const KEPT = 200;
const EARLY_KEPT = 50;

const WHAT = {
  booked: 'Booked at the desk',
  'squeezed in': 'Squeezed in at the desk',
  cancelled: 'Cancelled at the desk',
  moved: 'Moved at the desk',
} as const;

export class Timeline {
  private readonly kept = new Map<number, TimelineEntry>();
  private readonly waiting = new Map<string, { readonly n: number; readonly committedAt: number }>();
  /** Events that were quicker than the desk's own answer. */
  private readonly early = new Map<string, { readonly n: number; readonly at: number }>();
  /** Of a move, the booking whose version went; the one that came is told of next. */
  private movedBooking: string | null = null;
  private switchedAt: number | null = null;
  private resyncFrom = 0;
  private count = 0;
  readonly entries$ = new Subject<TimelineEntry>();

  get entries(): readonly TimelineEntry[] {
    return [...this.kept.values()];
  }

  /** The link's switch was thrown. */
  switched(isCut: boolean, at: number): void {
    this.switchedAt = at;
    const [tone, title] = isCut ? (['bad', 'Link cut by hand'] as const) : (['plain', 'Link put back'] as const);
    this.put({ at, type: 'switch', side: 'link', tone, title, detail: '' });
  }

  wrote({ what, id, before, after, committedAt }: Written): void {
    const key = keyOf(id, after !== null);
    const quick = this.early.get(key);
    if (quick) {
      this.early.delete(key);
      this.update(quick.n, { title: WHAT[what], latencyMs: quick.at - committedAt });
      return;
    }
    const place = after ?? before;
    if (!place) return;
    const older = this.waiting.get(key);
    if (older) this.update(older.n, { told: 'overtaken' });
    const words = rowWords('desk', WHAT[what], place.practitioner, fromWall(place.starts));
    const takes = after && { practitioner: `${after.practitioner}`, starts: after.starts };
    const n = this.put({ ...words, at: committedAt, type: 'desk', told: 'waiting', takes });
    this.waiting.set(key, { n, committedAt });
  }

  heard(event: ClinicEvent, at: number): void {
    if (isRowEvent(event)) {
      this.heardRow(event, at);
      return;
    }
    if (event.type === 'resync.started') this.resyncFrom = at;
    if (event.type === 'resync.completed') this.overtake();
    const words = wordsOf(event);
    if (!words) return;
    const isAnswer = event.type === 'connection.lost' || event.type === 'resync.completed';
    const latencyMs = isAnswer && this.switchedAt !== null ? at - this.switchedAt : null;
    if (isAnswer) this.switchedAt = null;
    this.put({ ...words, at, type: event.type, latencyMs, bookingId: event.bookingId ?? null });
  }

  private heardRow(event: RowEvent & ClinicEvent, at: number): void {
    const { row, type, cause } = event;
    // A first copy is no news.
    if (row.kind !== 'appointment' || cause === 'start-up') return;
    if (type === 'appointment.deleted' && event.replacedBy) {
      this.movedBooking = event.bookingId ?? null;
      return;
    }
    const came = type === 'appointment.created';
    const bookingId = event.bookingId ?? this.movedBooking;
    this.movedBooking = null;
    const key = keyOf(row.id, came);
    const desk = this.waiting.get(key);
    if (desk) {
      this.waiting.delete(key);
      this.update(desk.n, { type, told: 'told', latencyMs: at - desk.committedAt, bookingId });
      return;
    }
    const [practitioner = ''] = row.practitionerIds;
    const isOurs = cause === 'platform';
    const title = isOurs ? (came ? 'Booked online' : 'Cancelled online') : came ? WHAT.booked : WHAT.cancelled;
    const words = rowWords(isOurs ? 'online' : 'desk', title, practitioner, row.start);
    const takes = came ? { practitioner, starts: toWall(row.start) } : null;
    const n = this.put({ ...words, at, type, bookingId, takes });
    if (isOurs) return;
    this.early.set(key, { n, at });
    const [oldest] = this.early.keys();
    if (this.early.size > EARLY_KEPT && oldest !== undefined) this.early.delete(oldest);
  }

  /** The whole future has been compared: what was written before and is still not told has nothing left to tell. */
  private overtake(): void {
    for (const [key, { n, committedAt }] of this.waiting) {
      if (committedAt >= this.resyncFrom) continue;
      this.waiting.delete(key);
      this.update(n, { told: 'overtaken' });
    }
  }

  private put(entry: Words & Pick<TimelineEntry, 'at' | 'type'> & Partial<TimelineEntry>): number {
    const n = ++this.count;
    this.set({ latencyMs: null, told: 'told', bookingId: null, takes: null, ...entry, n });
    this.kept.delete(n - KEPT);
    return n;
  }

  private update(n: number, change: Partial<TimelineEntry>): void {
    const entry = this.kept.get(n);
    if (entry) this.set({ ...entry, ...change });
  }

  private set(entry: TimelineEntry): void {
    this.kept.set(entry.n, entry);
    this.entries$.next(entry);
  }
}

const keyOf = (id: string | number, came: boolean) => `${id} ${came ? 'came' : 'went'}`;
