import { rowHash } from '../../domain/digest.js';
import type { EventBody } from '../../domain/events.js';
import { stored } from '../../domain/fingerprint.js';
import { DAY, HOUR, MINUTE, type Instant } from '../../domain/instant.js';
import { practitionerSet, type ClinicRow, type StoredRow } from '../../domain/row.js';
import type { Random } from '../random.js';

/** 2026-11-23T00:00Z, a Monday. */
export const MONDAY: Instant = 1_795_392_000_000;

/** Texts that have broken somebody's store: quotes, wildcards, object keys, controls, halves of surrogate pairs, look-alikes. */
export const HOSTILE: readonly string[] = [
  '',
  ' ',
  '0',
  '00',
  '0.0',
  'a',
  'A',
  "'; drop table rows; --",
  '"`$1?:a@b\\',
  '%_*[a-z]',
  'null',
  '__proto__',
  'constructor',
  'busy:1',
  'line\nbreak\ttab',
  'a\0b',
  'a\0c',
  '\u001b',
  '\u001b0000',
  '\u001f\u001eN',
  '\ufeffbom',
  'e\u0301',
  '\u00e9',
  '\ufffd',
  '\ud800',
  '\udfff',
  '\udc00\ud800',
  '\u{1f469}\u200d\u2695\ufe0f',
  '\u{10ffff}',
  'long'.repeat(1_000),
];

export function makeRow(parts: Partial<ClinicRow> & { readonly id: string }): StoredRow {
  const start = parts.start ?? MONDAY + 9 * HOUR;
  const row: ClinicRow = {
    kind: 'appointment',
    practitionerIds: ['amy'],
    locationId: null,
    start,
    end: start + 15 * MINUTE,
    zone: 'Australia/Melbourne',
    slotMs: null,
    ...parts,
  };
  return stored({ row, hash: rowHash([row.kind, row.id, String(row.start), ...row.practitionerIds]) });
}

export function makeRows(count: number): StoredRow[] {
  return Array.from({ length: count }, (_, i) =>
    makeRow({
      id: String(i),
      practitionerIds: i % 7 === 0 ? ['amy', `p${String(i % 5)}`] : [`p${String(i % 5)}`],
      start: MONDAY + i * 5 * MINUTE,
    }),
  );
}

export function makeEvent(at: Instant): EventBody {
  return { type: 'hold.placed', at, cause: 'engine' };
}

const IDS = [...Array.from({ length: 40 }, (_, i) => String(i)), ...HOSTILE.slice(0, 28)];
const PRACTITIONERS = ['amy', 'bo', 'cy', 'dee', ...HOSTILE.slice(7, 16)];
const DURATIONS = [
  0,
  MINUTE,
  15 * MINUTE,
  15 * MINUTE,
  HOUR,
  8 * HOUR,
  DAY - 1,
  DAY,
  DAY + 1,
  3 * DAY,
  40 * DAY,
  9_000 * DAY,
];

/** Few ids, practitioners and instants, so that rows meet each other and the edges of queries. */
export function randomRow(random: Random): StoredRow {
  const kind = random.pick(['appointment', 'appointment', 'blockout', 'session'] as const);
  const start = randomInstant(random);
  return makeRow({
    id: random.pick(IDS),
    kind,
    practitionerIds: practitionerSet(
      Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => random.pick(PRACTITIONERS)),
    ),
    locationId: random.chance(0.5) ? random.pick(HOSTILE) : null,
    start,
    end: start + random.pick(DURATIONS),
    slotMs: kind === 'session' && random.chance(0.5) ? 15 * MINUTE : null,
  });
}

export function randomInstant(random: Random): Instant {
  return MONDAY + random.int(-2, 20) * 6 * HOUR + random.pick([0, 0, 0, -1, 1, 15 * MINUTE]);
}

export const somePractitioners = (random: Random): string[] =>
  Array.from({ length: random.pick([0, 1, 1, 2, 4]) }, () => random.pick([...PRACTITIONERS, 'nobody']));

export const someId = (random: Random): string => random.pick(IDS);
