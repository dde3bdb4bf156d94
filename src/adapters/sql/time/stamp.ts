import { sql, type RawBuilder } from 'kysely';

import type { Instant } from '../../../domain/instant.js';
import type { StampColumn, TimeComparisons } from '../engine.js';
import { allOf, anyOf } from '../logic.js';
import { spansBefore, spansFrom, type Axis, type Span } from './axis.js';

/** What an engine says of a column whose values sort as the instants or wall times that they mean. */
export interface SortedColumn extends Pick<StampColumn, 'axis' | 'decode' | 'seconds'> {
  /** A value of the axis as the column's own type writes it. */
  literal(value: number): string | number;
  /** A value of the axis as it is written; the literal where absent. */
  readonly write?: (value: number) => string | number;
  /** A literal in a statement. */
  constant(literal: string | number): RawBuilder<unknown>;
}

/** What to write for an instant. Only what reads back as the same: a clock on the wall shows some instants alike. */
export function writtenAs(
  { axis, decode }: Pick<StampColumn, 'axis' | 'decode'>,
  write: (value: number) => string | number,
) {
  return (instant: Instant): string | number | undefined => {
    const text = write(axis.ofInstant(instant));
    const value = decode(String(text));
    return value !== undefined && axis.read(value) === instant ? text : undefined;
  };
}

/** Makes the comparisons of a column that holds date and time together. */
export function sortedColumn(reference: RawBuilder<unknown>, column: SortedColumn): StampColumn {
  const { axis, decode, seconds, literal } = column;
  const bound = (value: number) => column.constant(literal(value));
  const values: ValueComparisons = {
    atLeast: (value) => sql`${reference} >= ${bound(value)}`,
    below: (value) => sql`${reference} < ${bound(value)}`,
  };
  return {
    ...comparing(axis, values),
    ...values,
    axis,
    decode,
    seconds,
    exact: true,
    sortable: { reference, literal },
    written: writtenAs(column, column.write ?? literal),
  };
}

/** Comparisons of one value of an axis. */
export interface ValueComparisons {
  atLeast(value: number): RawBuilder<boolean>;
  below(value: number): RawBuilder<boolean>;
}

/**
 * The same in instants: a clock change can make two stretches of values of what is one of instants. `plusMs`: what is meant is that much
 * later on the axis than the column says.
 */
export function comparing(axis: Axis, { atLeast, below }: ValueComparisons, plusMs = 0): TimeComparisons {
  const within = (span: Span): RawBuilder<boolean> => {
    const parts: RawBuilder<boolean>[] = [];
    if (span.from !== null) parts.push(atLeast(span.from - plusMs));
    if (span.to !== null) parts.push(below(span.to - plusMs));
    return allOf(parts);
  };
  // The outermost bounds stand by themselves: planners find no index range in an OR.
  const union = (spans: readonly Span[]): RawBuilder<boolean> => {
    const outer = { from: spans[0]?.from ?? null, to: spans.at(-1)?.to ?? null };
    return spans.length === 1 ? within(outer) : allOf([within(outer), anyOf(spans.map(within))]);
  };
  return {
    from: (instant) => union(spansFrom(axis, instant)),
    before: (instant) => union(spansBefore(axis, instant)),
  };
}
