import { sql, type RawBuilder } from 'kysely';

import type { SlotRef } from '../../domain/slot.js';
import type { TimeColumn } from './engine.js';
import { allOf, anyOf } from './logic.js';
import type { Source } from './source.js';
import type { Cell } from './target.js';

/** "A busy row of the practitioner's takes some of the slot"; where the database cannot tell, it does. */
export function isTaken(sources: readonly Source[], slot: SlotRef): RawBuilder<boolean> {
  const busy = sources.filter(({ stream }) => stream === 'busy');
  return anyOf(
    busy.map(
      (source) => sql`exists (select 1 from ${source.guardFrom ?? source.from} where ${overlapping(source, slot)})`,
    ),
  );
}

function overlapping(source: Source, { practitionerId, start, end }: SlotRef): RawBuilder<boolean> {
  const computed = (time: TimeColumn, say: (part: Pick<TimeColumn, 'from' | 'before'>) => RawBuilder<boolean>) =>
    time.computed ? [sql<boolean>`coalesce(${say(time.computed)}, true)`] : [];
  // Times are cut to whole ms, so "after the start" is "at the next ms or later".
  return allOf([
    source.isOf(practitionerId),
    source.start.from(start - source.mapping.longestRowMs),
    source.start.before(end),
    source.end.from(start + 1),
    ...computed(source.start, (exact) => exact.before(end)),
    ...computed(source.end, (exact) => exact.from(start + 1)),
  ]);
}

/** Inserts one row where a condition holds. The new row is called `t`, as in every statement. */
export function insertWhere(source: Source, cells: readonly Cell[], where: RawBuilder<boolean>): RawBuilder<unknown> {
  const columns = sql.join(cells.map(({ column }) => sql.id(column)));
  const values = sql.join(cells.map(({ value }) => value));
  return sql`insert into ${source.from} (${columns}) select ${values} where ${where}`;
}
