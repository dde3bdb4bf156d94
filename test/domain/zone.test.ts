import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { DAY } from '../../src/domain/instant.js';
import { dayEdges, instantToWall, isZone, startOfDay, wallParts, wallToInstant } from '../../src/domain/zone.js';
import { check } from '../property.js';

const ZONES = [
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Europe/London',
  'America/St_Johns',
  'UTC',
] as const;
const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 11, 31) });

/** All instants at which a zone's offset changes within the years that matter. */
function transitions(name: string): number[] {
  const found: number[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(Date.UTC(2020, 0, 1)).toZonedDateTimeISO(name);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (!next || next.epochMilliseconds > Date.UTC(2035, 11, 31)) return found;
    found.push(next.epochMilliseconds);
    at = next;
  }
}

function slowWall(at: number, name: string): number {
  const plain = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name).toPlainDateTime();
  return plain.toZonedDateTime('UTC').epochMilliseconds;
}

describe('wall-clock time', () => {
  it('agrees with Temporal at any instant', () => {
    check(
      fc.property(instant, zone, (at, name) => {
        expect(instantToWall(at, name)).toBe(slowWall(at, name));
        const start = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name).startOfDay();
        expect(startOfDay(at, name)).toBe(start.epochMilliseconds);
      }),
    );
  });

  it.each(ZONES)('agrees with Temporal around every clock change of %s', (name) => {
    for (const change of transitions(name)) {
      for (let minutes = -200; minutes <= 200; minutes += 5) {
        const at = change + minutes * 60_000;
        const wall = slowWall(at, name);
        expect(instantToWall(at, name)).toBe(wall);
        const plain = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime();
        const earlier = plain.toZonedDateTime(name, { disambiguation: 'earlier' }).epochMilliseconds;
        const later = plain.toZonedDateTime(name, { disambiguation: 'later' }).epochMilliseconds;
        expect(wallToInstant(wall, name)).toBe(earlier);
        expect(wallToInstant(wall, name, { gap: 'shift', overlap: 'later' })).toBe(later);
        expect(wallToInstant(wall, name, { gap: 'shift', overlap: 'reject' })).toBe(earlier === later ? at : undefined);
      }
    }
  });

  it('shifts or rejects a time that a clock change skipped', () => {
    // 2026-10-04: Sydney went from 02:00 to 03:00.
    const skipped = Date.UTC(2026, 9, 4, 2, 30);
    expect(wallToInstant(skipped, 'Australia/Sydney')).toBe(Date.UTC(2026, 9, 3, 16, 30));
    expect(wallToInstant(skipped, 'Australia/Sydney', { gap: 'reject', overlap: 'earlier' })).toBeUndefined();
  });

  it('gives day edges that are the starts of successive days', () => {
    check(
      fc.property(instant, zone, (at, name) => {
        const edges = dayEdges(at, 40, name);
        edges.forEach((edge, i) => {
          expect(startOfDay(edge, name)).toBe(edge);
          expect(startOfDay(edge - 1, name)).toBe(i === 0 ? startOfDay(at, name) : edges[i - 1]);
        });
      }),
    );
  });

  it('numbers weekdays from Monday', () => {
    check(
      fc.property(instant, zone, (at, name) => {
        const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name);
        const day = Math.round(Date.parse(`${zoned.toPlainDate().toString()}T00:00Z`) / DAY);
        const minuteOfDay = zoned.hour * 60 + zoned.minute;
        expect(wallParts(at, name)).toEqual({ weekday: zoned.dayOfWeek, minuteOfDay, day });
      }),
    );
  });

  it('knows a zone from nonsense', () => {
    expect(['Australia/Sydney', 'UTC', '+10:00', 'Mars/Olympus', '', 'EST5EDT;x'].map(isZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
