import { sql, type RawBuilder } from 'kysely';

import type { PlacedSlot } from '../writer.js';
import type { TimeComparisons } from './engine.js';
import { allOf, anyOf } from './logic.js';
import type { Source } from './source.js';
import type { Cell } from './target.js';
import { counting } from './where.js';

/**
 * "The slot is full": a blockout takes some of it, or as many appointments as its session has room for. Where the database cannot tell
 * whether a row does, it does.
 */
export function isTaken(sources: readonly Source[], slot: PlacedSlot): RawBuilder<boolean> {
  const busy = sources.filter(({ stream }) => stream === 'busy');
  const rows = (source: Source) => sql`from ${source.guardFrom ?? source.from} where ${overlapping(source, slot)}`;
  const exists = (source: Source) => sql<boolean>`exists (select 1 ${rows(source)})`;
  const { capacity = 1 } = slot;
  if (capacity === 1) return anyOf(busy.map(exists));
  const blockouts = busy.filter(({ mapping }) => mapping.kind === 'blockout');
  const appointments = busy.filter(({ mapping }) => mapping.kind === 'appointment');
  const counted = appointments.map((source) => sql`(select count(*) ${rows(source)})`);
  return anyOf([...blockouts.map(exists), sql<boolean>`${sql.join(counted, sql` + `)} >= ${sql.lit(capacity)}`]);
}

/** "A row takes some of the slot." */
export function overlapping(
  source: Source,
  { practitionerId, locationId, start, end }: PlacedSlot,
): RawBuilder<boolean> {
  const computed = (
    time: { readonly computed?: TimeComparisons },
    say: (part: TimeComparisons) => RawBuilder<boolean>,
  ) => (time.computed ? [sql<boolean>`coalesce(${say(time.computed)}, true)`] : []);
  // Times are cut to whole ms, so "after the start" is "at the next ms or later".
  return allOf([
    source.isOf(practitionerId, locationId),
    source.start.from(start - source.mapping.longestRowMs),
    source.start.before(end),
    source.end.from(start + 1),
    ...computed(source.start, (exact) => exact.before(end)),
    ...computed(source.end, (exact) => exact.from(start + 1)),
    ...counting(source),
  ]);
}

/** Inserts one row where a condition holds. The new row is called `t`, as in every statement. */
export function insertWhere(source: Source, cells: readonly Cell[], where: RawBuilder<boolean>): RawBuilder<unknown> {
  const columns = sql.join(cells.map(({ column }) => sql.id(column)));
  const values = sql.join(cells.map(({ value }) => value));
  return sql`insert into ${source.from} (${columns}) select ${values} where ${where}`;
}
