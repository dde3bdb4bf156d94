import { DAY, HOUR, MINUTE, type Instant } from '../../domain/instant.js';
import { practitionerSet, type ClinicRow, type RowKind } from '../../domain/row.js';
import type { Random } from '../random.js';

/** 2026-11-23T00:00Z, a Monday: where nearly all rows lie. */
export const MONDAY: Instant = 1_795_392_000_000;
/** Before every row that a case does not place on purpose. */
export const CUTOFF: Instant = MONDAY - DAY;

/** Texts that have broken somebody's query; all are storable in UTF-8 databases, and short enough for their indexes. */
export const HOSTILE: readonly string[] = [
  '0',
  '00',
  '07',
  'a',
  'A',
  "'; drop table appointments; --",
  '"`$1?:a@b\\',
  "o'brien",
  '%_*[a-z]',
  'null',
  '__proto__',
  'busy:1',
  'blockout:1',
  'appointment:1',
  'line\nbreak\ttab',
  '\u001b',
  'a\u001fb',
  '\u001eN',
  '\u001f\u001eN\u001f',
  '{"json": [1]}',
  'e\u0301',
  '\u00e9',
  'Z\u00fcrich \u2603',
  '\u{1f469}\u200d\u2695\ufe0f',
  'long'.repeat(100),
];

/** Makes rows of one clinic. Ids, practitioners and locations are numbers unless given, which every database can hold. */
export class RowMaker {
  #made = 0;

  constructor(
    private readonly zone: string,
    /** The nearest row that the clinic can hold. */
    readonly fit: (row: ClinicRow) => ClinicRow,
  ) {}

  row(parts: Partial<ClinicRow> = {}): ClinicRow {
    const kind = parts.kind ?? 'appointment';
    const start = parts.start ?? MONDAY + 9 * HOUR;
    return this.fit({
      id: String(++this.#made),
      kind,
      practitionerIds: ['1'],
      locationId: null,
      start,
      end: start + 15 * MINUTE,
      zone: this.zone,
      slotMs: null,
      ...parts,
    });
  }

  /** One row every half hour, practitioners in turn. */
  rows(count: number, parts: Partial<ClinicRow> = {}): ClinicRow[] {
    return Array.from({ length: count }, (_, i) =>
      this.row({ start: MONDAY + i * 30 * MINUTE, practitionerIds: [String(1 + (i % 3))], ...parts }),
    );
  }

  /** Few instants and practitioners, so that rows meet each other, cutoffs and edges. */
  random(random: Random, kinds: readonly RowKind[], manyPractitioners: boolean): ClinicRow {
    const kind = random.pick(kinds);
    const ids = Array.from({ length: manyPractitioners ? random.int(1, 2) : 1 }, () => String(random.int(1, 4)));
    const start = randomInstant(random);
    return this.row({
      kind,
      practitionerIds: practitionerSet(ids),
      locationId: random.chance(0.5) ? String(random.int(1, 3)) : null,
      start,
      end: start + random.pick([0, 15 * MINUTE, 15 * MINUTE, HOUR, 8 * HOUR, DAY, 9 * DAY]),
      slotMs: kind === 'session' && random.chance(0.5) ? random.pick([10, 15]) * MINUTE : null,
    });
  }
}

/** Whole minutes on a coarse grid. */
export function randomInstant(random: Random): Instant {
  return MONDAY + random.int(-4, 40) * 6 * HOUR + random.pick([0, 0, 0, 15 * MINUTE]);
}
