import { err, type ResultAsync } from 'neverthrow';
import { distinctUntilChanged, filter, map, merge, scan, throwError, type Observable } from 'rxjs';

import { resolveSlot, type SlotInput } from '../domain/booking.js';
import { fault } from '../domain/errors.js';
import { resolveFilter, type AvailabilityFilter, type ResolvedFilter } from '../domain/filter.js';
import type { Instant } from '../domain/instant.js';
import { overlaps } from '../domain/row.js';
import { isSameSlot, type Slot, type SlotRef } from '../domain/slot.js';
import { markOf } from '../domain/slot-page.js';
import { concerns, findSlot, findSlots } from '../engine/availability.js';
import { FreeTimes } from '../engine/free-times.js';
import type { Journal } from '../engine/journal.js';
import { liveQuery } from '../engine/live-query.js';
import type { AvailabilityAnswer, AvailabilityError, AvailabilityUpdate, SlotAnswer } from './answers.js';
import type { Running } from './running.js';

/** Answers what is free, once or for as long as somebody listens. */
export class Queries {
  /** Of the mirror that is open; another one begins afresh. */
  private times: FreeTimes | null = null;

  constructor(private readonly running: Running) {
    // Before anybody else, who may ask at once.
    running.batches.subscribe((events) => this.times?.forget(events));
  }

  availability(request: AvailabilityFilter): ResultAsync<AvailabilityAnswer, AvailabilityError> {
    const { running } = this;
    return running.withJournal<AvailabilityAnswer, AvailabilityError>(async (journal) => {
      if (!running.options.adapter.hasSessions) return err(fault('NoSessions'));
      const now = running.options.runtime.now();
      const resolved = resolveFilter(request, now, running.options.horizonMs, running.options.lengths.types);
      if (resolved.isErr()) return err(resolved.error);
      running.supervisor.active();
      const slots = await findSlots(this.timesOf(journal), resolved.value, journal.tentative.busy(now));
      const { limit } = resolved.value;
      return slots.map((found) => {
        const page = found.slice(0, limit);
        const last = found.length > limit ? page.at(-1) : undefined;
        return { slots: page, truncated: last !== undefined, next: last ? markOf(last) : null, ...this.trust };
      });
    });
  }

  watchAvailability(request: AvailabilityFilter): Observable<AvailabilityUpdate> {
    const { horizonMs, lengths, runtime } = this.running.options;
    const resolved = resolveFilter(request, runtime.now(), horizonMs, lengths.types);
    if (resolved.isErr()) return throwError(() => resolved.error);
    const to = request.to === undefined && !request.dates ? Number.POSITIVE_INFINITY : resolved.value.to;
    const answers = this.live({
      compute: () => this.availability(request),
      span: { ...resolved.value, to },
      // A slot is offered up to its very start.
      changesAt: ({ slots: [first] }) => (first ? first.start + 1 : null),
      same: (a, b) => sameSlots(a, b) && a.freshness === b.freshness,
    });
    return answers.pipe(
      scan((before: AvailabilityUpdate | null, answer): AvailabilityUpdate => updateOf(before, answer), null),
      filter((update) => update !== null),
    );
  }

  slot(input: SlotInput): ResultAsync<SlotAnswer, AvailabilityError> {
    const { running } = this;
    return running.withJournal<SlotAnswer, AvailabilityError>(async (journal) => {
      if (!running.options.adapter.hasSessions) return err(fault('NoSessions'));
      const slot = resolveSlot(input);
      if (slot.isErr()) return err(slot.error);
      running.supervisor.active();
      const now = running.options.runtime.now();
      const found = await findSlot(
        journal.mirror,
        slot.value,
        now,
        journal.tentative.busy(now),
        running.options.lengths,
      );
      return found.map(({ state }) => ({ slot: slot.value, state, ...this.trust }));
    });
  }

  watchSlot(input: SlotInput): Observable<SlotAnswer> {
    const slot = resolveSlot(input);
    if (slot.isErr()) return throwError(() => slot.error);
    const { start, end, practitionerId } = slot.value;
    return this.live({
      compute: () => this.slot(input),
      span: { from: start, to: end, practitionerIds: [practitionerId] },
      changesAt: (answer) => (answer.state === 'past' ? null : start + 1),
      same: (a, b) => a.state === b.state && a.freshness === b.freshness,
    });
  }

  private timesOf({ mirror }: Journal): FreeTimes {
    if (this.times?.mirror !== mirror) this.times = new FreeTimes(mirror, this.running.options.lengths);
    return this.times;
  }

  private get trust(): Pick<AvailabilityAnswer, 'freshness' | 'verifiedAt'> {
    const { freshness, verifiedAt } = this.running.supervisor.status;
    return { freshness, verifiedAt };
  }

  private live<T>(query: {
    readonly compute: () => ResultAsync<T, AvailabilityError>;
    readonly span: Pick<ResolvedFilter, 'from' | 'to' | 'practitionerIds'>;
    readonly changesAt: (answer: T) => Instant | null;
    readonly same: (a: T, b: T) => boolean;
  }): Observable<T> {
    const { compute, span, changesAt, same } = query;
    const { batches, statuses, promised, supervisor, options } = this.running;
    const { runtime } = options;
    const { practitionerIds } = span;
    const isWithin = (slot: SlotRef) =>
      overlaps(slot, { start: span.from, end: span.to }) && (practitionerIds?.includes(slot.practitionerId) ?? true);
    const expiry = () => supervisor.journal?.tentative.nextExpiry(runtime.now(), span) ?? Number.POSITIVE_INFINITY;
    return liveQuery<T>({
      compute: async () => compute(),
      triggers: merge(
        batches.pipe(filter((batch) => batch.some((event) => concerns(event, span, practitionerIds)))),
        promised.pipe(filter((slots) => slots.some(isWithin))),
        statuses.pipe(
          map(({ freshness }) => freshness),
          distinctUntilChanged(),
        ),
      ),
      same,
      changesAt: (answer) => {
        const at = Math.min(changesAt(answer) ?? Number.POSITIVE_INFINITY, expiry());
        return at === Number.POSITIVE_INFINITY ? null : at;
      },
      isFinal: ({ code }) =>
        code === 'InvalidArgument' || code === 'UnknownPractitioner' || code === 'NoSessions' || code === 'NotStarted',
      runtime,
    });
  }
}

function sameSlots(a: AvailabilityAnswer, b: AvailabilityAnswer): boolean {
  return (
    a.truncated === b.truncated &&
    a.slots.length === b.slots.length &&
    a.slots.every((slot, i) => isSameSlot(slot, b.slots[i]))
  );
}

function updateOf(before: AvailabilityAnswer | null, answer: AvailabilityAnswer): AvailabilityUpdate {
  const missingIn = (slots: readonly Slot[]) => {
    const names = new Set(slots.map(nameOf));
    return (slot: Slot) => !names.has(nameOf(slot));
  };
  const earlier = before?.slots ?? [];
  return { ...answer, came: answer.slots.filter(missingIn(earlier)), went: earlier.filter(missingIn(answer.slots)) };
}

function nameOf({ start, end, practitionerId, locationId }: Slot): string {
  return JSON.stringify([start, end, practitionerId, locationId]);
}
