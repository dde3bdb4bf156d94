import { Temporal } from 'temporal-polyfill';

import type { TimeForm } from '../../src/adapters/sql/index.js';
import { DAY, type Instant } from '../../src/domain/instant.js';
import { ZONE, type Clinic, type RawRow } from './random-rows.js';

/** What a stored time means, computed in the slowest and plainest way. */
export function meaning(form: TimeForm, value: number): Instant {
  if (form !== 'wall') return value;
  const wall = Temporal.Instant.fromEpochMilliseconds(value).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(ZONE, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** The clinic with its cutoff and one edge exactly where rows end and start. */
export function pinned(clinic: Clinic, form: TimeForm): Clinic {
  const { rows, pins } = clinic;
  const [ending, starting] = [rows[pins.cutoff], rows[pins.edge]];
  const edges = new Set([...clinic.edges, ...(starting ? [meaning(form, starting.start)] : [])]);
  return {
    ...clinic,
    cutoff: ending ? meaning(form, ending.end) : clinic.cutoff,
    edges: [...edges].sort((a, b) => a - b),
  };
}

/** The ids of the rows that a reader of `[from, to)` must give, by whether they can be decoded. */
export function expectedRows(
  { rows, cutoff }: Clinic,
  form: TimeForm,
  from: Instant | null,
  to: Instant | null,
): { good: string[]; skipped: string[] } {
  const good: string[] = [];
  const skipped: string[] = [];
  for (const row of rows) {
    const start = meaning(form, row.start);
    const end = meaning(form, row.end);
    const asked = start >= Math.max(from ?? -Infinity, cutoff - 31 * DAY) && (to === null || start < to);
    if (!asked || (end <= cutoff && start <= cutoff)) continue;
    (isBroken(row, start, end) ? skipped : good).push(String(row.id));
  }
  return { good: good.sort(), skipped: skipped.sort() };
}

function isBroken(row: RawRow, start: Instant, end: Instant): boolean {
  return row.practitioner === null || end < start;
}
