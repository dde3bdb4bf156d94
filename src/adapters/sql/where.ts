import { sql, type RawBuilder } from 'kysely';

import type { Instant } from '../../domain/instant.js';
import { spansBefore, spansFrom, type Span } from './axis.js';
import type { TimeColumn } from './engine.js';
import type { Source } from './source.js';

/** Makes the comparisons of a time column whose values sort as the instants or wall times that they mean. */
export function sortedColumn(
  reference: RawBuilder<unknown>,
  column: Pick<TimeColumn, 'axis' | 'decode' | 'literal'>,
  constant: (literal: string | number) => RawBuilder<unknown>,
): TimeColumn {
  const bound = (value: number) => constant(column.literal(value));
  const within = ({ from, to }: Span): RawBuilder<boolean> => {
    const parts: RawBuilder<boolean>[] = [];
    if (from !== null) parts.push(sql`${reference} >= ${bound(from)}`);
    if (to !== null) parts.push(sql`${reference} < ${bound(to)}`);
    return allOf(parts);
  };
  // The outermost bounds stand by themselves: planners find no index range in an OR.
  const union = (spans: readonly Span[]): RawBuilder<boolean> => {
    const outer = { from: spans[0]?.from ?? null, to: spans.at(-1)?.to ?? null };
    return spans.length === 1 ? within(outer) : allOf([within(outer), anyOf(spans.map(within))]);
  };
  return {
    ...column,
    exact: true,
    from: (instant) => union(spansFrom(column.axis, instant)),
    before: (instant) => union(spansBefore(column.axis, instant)),
  };
}

/** The stretch of starts that is asked for. */
export interface Stretch {
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly cutoff: Instant;
}

/** The earliest start that is looked at: rows that started before the cutoff may be under way. */
export function earliestStart(source: Source, stretch: Stretch): Instant {
  return Math.max(stretch.from ?? -Infinity, stretch.cutoff - source.mapping.longestRowMs);
}

/**
 * The rows that end after the cutoff and start in the stretch, and the broken ones among them: those that start after the
 * cutoff and have no end, or an earlier one. Both sides of a comparison must mean the same rows, so digests use it too.
 */
export function inStretch(source: Source, stretch: Stretch): RawBuilder<boolean> {
  // Times are cut to whole ms, so "after" is "at the next ms or later".
  const afterCutoff = stretch.cutoff + 1;
  return allOf([
    source.start.from(earliestStart(source, stretch)),
    ...(stretch.to === null ? [] : [source.start.before(stretch.to)]),
    sql`(${source.end.from(afterCutoff)} or ${source.start.from(afterCutoff)})`,
  ]);
}

export function allOf(parts: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return parts.length === 0 ? sql`1 = 1` : sql`(${sql.join(parts, sql` and `)})`;
}

export function anyOf(parts: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return parts.length === 0 ? sql`1 = 0` : sql`(${sql.join(parts, sql` or `)})`;
}
