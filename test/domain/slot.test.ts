import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { resolveFilter, type AvailabilityFilter } from '../../src/domain/filter.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/instant.js';
import type { ClinicRow, RowKind } from '../../src/domain/row.js';
import { Asked, freeOf, offeredOf } from '../../src/domain/free-slots.js';
import { SlotLengths } from '../../src/domain/slot-lengths.js';
import { check } from '../property.js';

const ZONE = 'Australia/Melbourne';
const NOW = Date.UTC(2026, 9, 2, 20);

const row = (kind: RowKind) =>
  fc
    .record({
      id: fc.uuid(),
      kind: fc.constant(kind),
      practitionerIds: fc
        .uniqueArray(fc.constantFrom('p1', 'p2', 'p3'), { minLength: 1, maxLength: 2 })
        .map((ids) => ids.sort()),
      locationId: fc.constantFrom(null, 'north', 'south'),
      start: fc.integer({ min: -8, max: 400 }).map((quarter) => NOW + quarter * 15 * MINUTE),
      length: fc.integer({ min: 0, max: 20 }),
      slotMs: kind === 'session' ? fc.constantFrom(null, 10 * MINUTE, 15 * MINUTE, 40 * MINUTE) : fc.constant(null),
    })
    .map(({ length, ...rest }): ClinicRow => ({ ...rest, end: rest.start + length * 15 * MINUTE, zone: ZONE }));

const filter: fc.Arbitrary<AvailabilityFilter> = fc.record(
  {
    practitionerIds: fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p3'), { minLength: 1 }),
    locationIds: fc.uniqueArray(fc.constantFrom('north', 'south'), { minLength: 1 }),
    from: fc.integer({ min: -10, max: 50 }).map((hour) => NOW + hour * HOUR),
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    timeOfDay: fc.constantFrom({ from: '09:00' }, { to: '12:30' }, { from: '02:00', to: '03:15' }),
    limit: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
);

/** Slot by slot, from the words of the documentation alone. */
function naive(sessions: ClinicRow[], busy: ClinicRow[], asked: AvailabilityFilter): string[] {
  const found = new Set<string>();
  const from = Math.max(NOW, Number(asked.from ?? NOW));
  const to = Math.min(NOW + 5 * DAY, Math.max(NOW, Number(asked.from ?? NOW)) + 5 * DAY);
  for (const session of sessions) {
    const length = session.slotMs ?? 15 * MINUTE;
    for (let start = session.start; start + length <= session.end; start += length) {
      for (const practitioner of session.practitionerIds) {
        const wall = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(ZONE);
        const time = wall.toPlainTime().toString().slice(0, 5);
        const isAsked =
          start >= from &&
          start < to &&
          (asked.practitionerIds?.includes(practitioner) ?? true) &&
          (asked.locationIds === undefined ||
            (session.locationId !== null && asked.locationIds.includes(session.locationId))) &&
          (asked.weekdays?.includes(wall.dayOfWeek) ?? true) &&
          time >= (asked.timeOfDay?.from ?? '00:00') &&
          time < (asked.timeOfDay?.to ?? '24:00');
        const isBusy = busy.some(
          (other) => other.practitionerIds.includes(practitioner) && other.start < start + length && other.end > start,
        );
        if (isAsked && !isBusy) found.add([start, start + length, practitioner, session.locationId ?? ''].join('|'));
      }
    }
  }
  return [...found].sort();
}

describe('free slots', () => {
  it('are what a naive search finds', () => {
    check(
      fc.property(
        fc.array(row('session'), { maxLength: 6 }),
        fc.array(row('appointment'), { maxLength: 12 }),
        filter,
        (sessions, busy, asked) => {
          const resolved = resolveFilter(asked, NOW, 5 * DAY)._unsafeUnwrap();
          const { from, to, length } = resolved;
          const practitionerIds = resolved.practitionerIds && new Set(resolved.practitionerIds);
          const { slots } = new Asked(resolved).take(
            freeOf(offeredOf(sessions, { from, to, practitionerIds, length }, new SlotLengths()), busy),
          );
          const texts = slots.map(({ start, end, practitionerId, locationId }) =>
            [start, end, practitionerId, locationId ?? ''].join('|'),
          );
          const expected = naive(sessions, busy, asked);
          expect(texts.length).toBe(Math.min(expected.length, resolved.limit + 1));
          if (expected.length <= resolved.limit) expect([...texts].sort()).toEqual(expected);
          expect(slots.map(({ start }) => start)).toEqual(slots.map(({ start }) => start).sort((a, b) => a - b));
        },
      ),
      1_000,
    );
  });
});

describe('a filter', () => {
  const bad: [AvailabilityFilter, string][] = [
    [{ from: new Date(Number.NaN) }, 'filter.from'],
    [{ from: '2026-11-23T09:00' }, 'filter.from'],
    [{ from: 'yesterday' }, 'filter.from'],
    [{ to: 1.5 }, 'filter.to'],
    [{ from: NOW + 1, to: NOW }, 'filter.to'],
    [{ practitionerIds: [] }, 'filter.practitionerIds'],
    [{ practitionerIds: [''] }, 'filter.practitionerIds'],
    [{ locationIds: [7 as unknown as string] }, 'filter.locationIds'],
    [{ weekdays: [0] }, 'filter.weekdays'],
    [{ weekdays: [] }, 'filter.weekdays'],
    [{ timeOfDay: { from: '9:00' } }, 'filter.timeOfDay.from'],
    [{ timeOfDay: { from: '10:00', to: '10:00' } }, 'filter.timeOfDay.to'],
    [{ timeOfDay: { to: '24:01' } }, 'filter.timeOfDay.to'],
    [{ limit: 0 }, 'filter.limit'],
    [{ limit: 1e9 }, 'filter.limit'],
  ];
  it.each(bad)('%o is refused by the name of the field', (asked, field) => {
    const error = resolveFilter(asked, NOW, 5 * DAY)._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'InvalidArgument', field });
    expect(error.message).toContain(field);
  });
});
