import { sql, type RawBuilder } from 'kysely';

import type { Instant } from '../../domain/instant.js';
import { spansBefore, spansFrom, type Span } from './axis.js';
import type { TimeColumn } from './engine.js';
import { allOf, anyOf } from './logic.js';
import type { Source } from './source.js';

type Form = Pick<TimeColumn, 'axis' | 'decode'> & {
  /** A value of the axis as it is written; the literal where absent. */
  readonly write?: (value: number) => string | number;
};

/** What to write for an instant. Only what reads back as the same: a clock on the wall shows some instants alike. */
export function writtenAs({ axis, decode }: Form, write: (value: number) => string | number) {
  return (instant: Instant): string | number | undefined => {
    const text = write(axis.ofInstant(instant));
    return decode(String(text)) === instant ? text : undefined;
  };
}

/** Makes the comparisons of a time column whose values sort as the instants or wall times that they mean. */
export function sortedColumn(
  reference: RawBuilder<unknown>,
  column: Pick<TimeColumn, 'literal'> & Form,
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
    axis: column.axis,
    decode: column.decode,
    literal: column.literal,
    exact: true,
    written: writtenAs(column, column.write ?? column.literal),
    from: (instant) => union(spansFrom(column.axis, instant)),
    before: (instant) => union(spansBefore(column.axis, instant)),
    below: (value) => sql`${reference} < ${bound(value)}`,
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
