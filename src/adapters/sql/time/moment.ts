import { DAY, SECOND, type Instant } from '../../../domain/instant.js';
import { sql, type RawBuilder } from 'kysely';

import type { Scalar, StampColumn, TimeComparisons } from '../engine.js';
import type { ResolvedClock, ResolvedMoment } from '../schema/resolve-moments.js';
import type { Axis } from './axis.js';
import { DAY_S, decodeClock } from './clock.js';
import { decodeDate } from './texts.js';
import { comparing } from './stamp.js';
import { startComparisons, type SplitColumns } from './split.js';

/** A value that a booking writes into a column. */
export interface Written {
  /** The column as the mapping names it. */
  readonly column: string;
  readonly value: Scalar;
}

/** The start of a row, in one column or two. */
export interface Moment extends TimeComparisons {
  /** The columns as the mapping names them, the one that is compared with constants first. */
  readonly columns: readonly string[];
  /** As texts, in this order; where in them its value lies on the axis. */
  readonly texts: readonly RawBuilder<string | null>[];
  value(texts: readonly string[]): number | undefined;
  readonly axis: Axis;
  readonly exact: boolean;
  readonly computed?: TimeComparisons;
  below(value: number): RawBuilder<boolean>;
  atLeast?(value: number): RawBuilder<boolean>;
  readonly sortable?: StampColumn['sortable'] & { readonly type: string };
  /** In seconds, on the axis. */
  readonly seconds: RawBuilder<number> | null;
  written(instant: Instant): readonly Written[] | undefined;
}

/** A column of a mapped table: as text, and its engine's name of its type. */
export interface TextColumn {
  readonly text: RawBuilder<string | null>;
  readonly type: string;
}

export function stampMoment(
  { column }: Extract<ResolvedMoment, { kind: 'stamp' }>,
  { text, type }: TextColumn,
  stamp: StampColumn,
): Moment {
  const { axis, exact, computed, seconds, sortable, atLeast } = stamp;
  return {
    columns: [column],
    texts: [text],
    value: ([only]) => (only === undefined ? undefined : stamp.decode(only)),
    axis,
    exact,
    seconds,
    from: stamp.from,
    before: stamp.before,
    below: stamp.below,
    ...(atLeast && { atLeast }),
    ...(computed && { computed }),
    ...(sortable && { sortable: { ...sortable, type } }),
    written: (instant) => {
      const value = stamp.written(instant);
      return value === undefined ? undefined : [{ column, value }];
    },
  };
}

export function splitMoment(
  { date, clock }: Extract<ResolvedMoment, { kind: 'split' }>,
  texts: readonly RawBuilder<string | null>[],
  columns: SplitColumns,
  axis: Axis,
): Moment {
  const values = startComparisons(columns);
  const days = columns.date.seconds;
  return {
    ...comparing(axis, values),
    ...values,
    columns: clock ? [date, clock.column] : [date],
    texts,
    value: ([day = '', time]) => splitValue(clock, day, time, false),
    axis,
    exact: true,
    seconds: days && columns.clock ? sql<number>`(${days} + ${columns.clock.seconds})` : days,
    written: (instant) => {
      const value = axis.ofInstant(instant);
      if (axis.read(value) !== instant) return undefined;
      return writtenSplit(date, clock, columns, Math.floor(value / DAY), value - Math.floor(value / DAY) * DAY);
    },
  };
}

/** Of a date and a time of day; the end of the day can be meant by an end alone. */
export function splitValue(
  clock: ResolvedClock | null,
  day: string,
  time: string | undefined,
  isEnd: boolean,
): number | undefined {
  const date = decodeDate(day);
  if (date === undefined) return undefined;
  if (!clock) return date * DAY;
  const seconds = time === undefined ? undefined : decodeClock(clock.form, time);
  if (seconds === undefined || (seconds === DAY_S && !isEnd)) return undefined;
  return date * DAY + seconds * SECOND;
}

/** `undefined` for what whole seconds, or a date alone, cannot say. */
export function writtenSplit(
  date: string,
  clock: ResolvedClock | null,
  columns: SplitColumns,
  day: number,
  ms: number,
): readonly Written[] | undefined {
  const dated = { column: date, value: columns.date.written(day) };
  if (!columns.clock || !clock) return ms === 0 ? [dated] : undefined;
  const value = ms % SECOND === 0 ? columns.clock.written(ms / SECOND) : undefined;
  return value === undefined ? undefined : [dated, { column: clock.column, value }];
}
