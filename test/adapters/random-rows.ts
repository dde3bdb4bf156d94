import fc from 'fast-check';

import type { TimeForm } from '../../src/adapters/sql/index.js';
import { DAY, HOUR, MINUTE, type Instant } from '../../src/domain/instant.js';
import { at } from './kit.js';

export const ZONE = 'Australia/Melbourne';

/** Clock changes of {@link ZONE}: back at 3:00, forward at 2:00. */
const CHANGES = ['2026-04-04T16:00Z', '2026-10-03T16:00Z'].map(at);

/** A row as the clinic's own software would store it: times on the axis of the form, in ms. */
export interface RawRow {
  readonly id: number;
  readonly practitioner: number | null;
  readonly location: string | null;
  readonly start: number;
  readonly end: number;
}

export interface Clinic {
  readonly rows: readonly RawRow[];
  readonly cutoff: Instant;
  readonly edges: readonly Instant[];
  /** The row on whose end the cutoff lies, and the one on whose start an edge lies, where there are such rows. */
  readonly pins: { readonly cutoff: number; readonly edge: number };
}

/** Coarse, so that ends, starts, edges and cutoffs often coincide. */
const steps = (most: number) => fc.integer({ min: 0, max: most / STEP }).map((value) => value * STEP);
const STEP = 15 * MINUTE;
const around = fc.tuple(fc.constantFrom(...CHANGES), fc.oneof(steps(6 * HOUR), steps(60 * DAY)), fc.boolean());
const moment = around.map(([change, distance, before]) => (before ? change - distance : change + distance));
/** Databases keep finer fractions than milliseconds; seconds are the least that every form can hold. */
const seconds = fc.constantFrom(0, 0, 0, 1_000, 59_000);

const broken = fc.constantFrom(0, 0, 0, 0, 0, -MINUTE);

const row = fc.record({
  practitioner: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 40 }),
  location: fc.option(fc.constantFrom('', 'main', "o'brien", 'Zürich ☃', '"; drop table x; --')),
  start: fc.tuple(moment, seconds).map(([value, more]) => value + 11 * HOUR + more),
  length: fc.oneof(steps(2 * HOUR), steps(40 * DAY), fc.constant(0), broken),
});

/** Clinics of a few dozen rows near clock changes, broken rows included. */
export const clinic: fc.Arbitrary<Clinic> = fc.record({
  rows: fc
    .array(row, { maxLength: 40 })
    .map((rows) => rows.map(({ length, ...rest }, i) => ({ ...rest, id: i + 1, end: rest.start + length }))),
  cutoff: moment,
  edges: fc.uniqueArray(moment, { maxLength: 12 }).map((edges) => edges.sort((a, b) => a - b)),
  pins: fc.record({ cutoff: fc.nat(10), edge: fc.nat(10) }),
});

/** The text of a stored time, for forms that are text or timestamps. */
export function stored(form: TimeForm, value: number): string {
  const iso = new Date(value).toISOString();
  if (form === 'instant') return iso;
  return form.startsWith('epoch')
    ? String(value / (form === 'epoch-s' ? 1000 : 1))
    : iso.slice(0, 23).replace('T', ' ');
}
