import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeEpoch, decodeIso, decodeWall, shortestWall } from '../../../src/adapters/sql/time/texts.js';
import { nearest } from '../../../src/adapters/sql/nearest.js';
import { idSpace, joinKey, splitKey } from '../../../src/adapters/sql/ids.js';
import { at } from '../kit.js';

describe('times as text', () => {
  it.each([
    ['2026-11-23 09:30', '2026-11-23T09:30:00Z'],
    ['2026-11-23 09:30:15', '2026-11-23T09:30:15Z'],
    ['2026-11-23 09:30:15.5', '2026-11-23T09:30:15.500Z'],
    ['2026-11-23 09:30:15.123999', '2026-11-23T09:30:15.123Z'],
    ['2028-02-29 00:00', '2028-02-29T00:00:00Z'],
  ])('%s is read', (text, iso) => {
    expect(decodeWall(text, ' ')).toBe(at(iso));
    expect(decodeWall(text.replace(' ', 'T'), 'T')).toBe(at(iso));
  });

  it.each([
    '',
    '0000-00-00 00:00:00',
    '2026-02-29 09:30',
    '2026-11-31 09:30',
    '2026-11-23 24:00',
    '2026-11-23 9:30',
    '2026-11-23 09:30:60',
    '2026-11-23 09:30:15.',
    '2026-11-23 09:30Z',
    '2026-11-23T09:30',
    '2026-11-23 09:30 ',
    '2026-11-23',
    'infinity',
    '2026-1a-23 09:30',
    '12026-11-23 09:30',
  ])('%j is no wall-clock time', (text) => {
    expect(decodeWall(text, ' ')).toBeUndefined();
  });

  it.each([
    ['2026-11-23T09:30:00Z', '2026-11-23T09:30:00Z'],
    ['2026-11-23 09:30+11', '2026-11-22T22:30:00Z'],
    ['2026-11-23T09:30:00.25-03:30', '2026-11-23T13:00:00.250Z'],
    ['2026-11-23T09:30:00+1030', '2026-11-22T23:00:00Z'],
  ])('%s is read as an instant', (text, iso) => {
    expect(decodeIso(text)).toBe(at(iso));
  });

  it.each(['2026-11-23T09:30', '2026-11-23T09:30+24:00', '2026-11-23T09:30 Z', '2026-11-23x09:30Z'])(
    '%j is no instant',
    (text) => {
      expect(decodeIso(text)).toBeUndefined();
    },
  );

  it('numbers are cut to whole milliseconds', () => {
    expect(decodeEpoch('1790000000', 1000)).toBe(1_790_000_000_000);
    expect(decodeEpoch('1790000000.0019', 1000)).toBe(1_790_000_000_001);
    expect(decodeEpoch('1.79e12', 1)).toBe(1_790_000_000_000);
    for (const text of ['', ' 1', '1e400', '0x10', 'NaN', '9999999999999999']) {
      expect(decodeEpoch(text, 1)).toBeUndefined();
    }
  });

  it('constants sort right among texts of any precision', () => {
    const instant = fc.integer({ min: at('2026-11-23T09:00Z'), max: at('2026-11-23T09:02Z') });
    const digits = fc.constantFrom(16, 19, 21, 23);
    fc.assert(
      fc.property(instant, instant, digits, (value, constant, length) => {
        const text = new Date(value).toISOString().slice(0, length).replace('T', ' ');
        const meant = decodeWall(text, ' ') ?? Number.NaN;
        expect(text >= shortestWall(constant, ' ')).toBe(meant >= constant);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('names and ids', () => {
  it('suggests the names most like a wrong one', () => {
    expect(nearest('apointments', ['patients', 'appointments', 'x'])[0]).toBe('appointments');
    expect(nearest('START', ['start_at', 'start', 'end'])[0]).toBe('start');
    expect(nearest('qqqqqqqq', ['appointments'])).toEqual([]);
  });

  it('outward ids are unique within the stream and lead back to one table', () => {
    const tables = [
      { kind: 'appointment', prefix: '' },
      { kind: 'blockout', prefix: 'blockout:' },
      { kind: 'blockout', prefix: 'leave:' },
    ] as const;
    const spaces = tables.map((table) => idSpace(table, tables));
    const id = fc.oneof(
      fc.string(),
      fc.constantFrom('7', 'blockout:7', 'appointment:7', 'leave:blockout:7', 'appointment:'),
    );
    fc.assert(
      fc.property(fc.nat(tables.length - 1), id, (from, text) => {
        const outward = spaces[from]?.outward(text) ?? '';
        expect(spaces.map((space) => space.inward(outward))).toEqual(
          tables.map((_, i) => (i === from ? text : undefined)),
        );
      }),
    );
  });

  it('keys of several columns are one text, which no other columns make', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('/', '\\', '\\/', ''));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (texts) => {
        expect(splitKey(joinKey(texts), texts.length)).toEqual(texts);
        if (texts.length > 1) expect(splitKey(joinKey(texts), texts.length + 1)).toBeUndefined();
      }),
    );
  });
});
