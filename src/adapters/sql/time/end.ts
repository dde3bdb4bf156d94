import { sql, type RawBuilder } from 'kysely';

import { DAY, SECOND, type Instant } from '../../../domain/instant.js';
import type { TimeComparisons } from '../engine.js';
import type { ResolvedClock, ResolvedEnd, ResolvedLength } from '../schema/resolve-moments.js';
import { anyOf } from '../logic.js';
import { decodeClock, DAY_S } from './clock.js';
import { splitValue, writtenSplit, type Moment, type Written } from './moment.js';
import { comparing } from './stamp.js';
import { endComparisons, type SplitColumns } from './split.js';
import { instantToWall } from '../../../domain/zone.js';

/** The start of the row that an end belongs to. */
export interface RowStart {
  readonly instant: Instant;
  /** On its axis. */
  readonly value: number;
}

/** What an end says, or the rule that it breaks. */
export type DecodedEnd = Instant | 'is NULL' | 'not a time' | 'not a length';

/** The end of a row: a point in time, a time of day on the start's date, or a length. */
export interface End extends Pick<TimeComparisons, 'from'> {
  /** The columns as the mapping names them, the start's own left out. */
  readonly columns: readonly string[];
  readonly texts: readonly RawBuilder<string | null>[];
  decode(texts: readonly (string | null)[], start: RowStart): DecodedEnd;
  readonly exact: boolean;
  readonly computed?: TimeComparisons;
  /** What is written for a row; `undefined` where the columns cannot say it. */
  written(start: Instant, end: Instant): readonly Written[] | undefined;
}

type MomentEnd = Extract<ResolvedEnd, { kind: 'moment' }>;

/** A row without an end lasts so long. */
interface OrElse {
  readonly orMs: number | null;
  /** "The end's column is NULL". */
  readonly isNull: RawBuilder<boolean>;
  readonly start: Moment;
}

/** An end of its own date and time. `columns`: of a split one. */
export function momentEnd(
  { moment: mapped, plusMs, orMs }: MomentEnd,
  moment: Moment,
  columns: SplitColumns | null,
  start: Moment,
): End {
  const { axis, texts } = moment;
  const { atLeast, below } = moment;
  const comparisons = columns
    ? comparing(axis, endComparisons(columns, plusMs))
    : atLeast && plusMs !== 0
      ? comparing(axis, { atLeast, below }, plusMs)
      : { from: (instant: Instant) => moment.from(instant - plusMs) };
  const isNull = anyOf(texts.map((text) => sql<boolean>`${text} is null`));
  const { computed } = moment;
  return {
    columns: moment.columns,
    texts,
    exact: moment.exact,
    from: orElse(comparisons.from, { orMs, isNull, start }),
    ...(computed && plusMs === 0 && orMs === null && { computed }),
    decode: (given, at) => {
      const present = given.filter((text) => text !== null);
      if (present.length < given.length) return orMs === null ? 'is NULL' : at.instant + orMs;
      const value =
        mapped.kind === 'split' ? splitValue(mapped.clock, present[0] ?? '', present[1], true) : moment.value(present);
      return (value === undefined ? undefined : axis.read(value + plusMs)) ?? 'not a time';
    },
    written: (_start, end) => {
      const value = axis.ofInstant(end);
      if (axis.read(value) !== end) return undefined;
      if (mapped.kind === 'stamp') return moment.written(axis.toInstant(value - plusMs));
      const own = value - plusMs;
      const day = Math.floor(own / DAY);
      return columns ? writtenSplit(mapped.date, mapped.clock, columns, day, own - day * DAY) : undefined;
    },
  };
}

/** A time of day on the date of the start. */
export function clockEnd(
  { clock, plusMs, orMs }: Extract<ResolvedEnd, { kind: 'clock' }>,
  text: RawBuilder<string | null>,
  columns: SplitColumns,
  start: Moment,
): End {
  const { axis } = start;
  const comparisons = comparing(axis, endComparisons(columns, plusMs));
  return {
    columns: [clock.column],
    texts: [text],
    exact: true,
    from: orElse(comparisons.from, { orMs, isNull: sql`${text} is null`, start }),
    decode: ([given = null], at) => {
      if (given === null) return orMs === null ? 'is NULL' : at.instant + orMs;
      const seconds = decodeClock(clock.form, given);
      if (seconds === undefined) return 'not a time';
      return axis.read(Math.floor(at.value / DAY) * DAY + seconds * SECOND + plusMs) ?? 'not a time';
    },
    written: (from, end) => {
      const value = axis.ofInstant(end);
      const ms = value - plusMs - Math.floor(axis.ofInstant(from) / DAY) * DAY;
      if (axis.read(value) !== end || ms < 0 || ms > DAY_S * SECOND || ms % SECOND !== 0) return undefined;
      return writtenClockEnd(clock, columns, ms / SECOND);
    },
  };
}

function writtenClockEnd(clock: ResolvedClock, columns: SplitColumns, seconds: number): readonly Written[] | undefined {
  const value = columns.clock?.written(seconds);
  return value === undefined ? undefined : [{ column: clock.column, value }];
}

/** As long as a column says. `length`: its value, in units, computed in the database. */
export function lengthEnd(
  mapping: ResolvedLength,
  text: RawBuilder<string | null>,
  length: RawBuilder<number>,
  start: Moment & { readonly seconds: RawBuilder<number> },
  zone: string,
): End {
  const { unitMs, orMs, counts, column } = mapping;
  const inSeconds = sql<number>`${length} * ${sql.lit(unitMs / SECOND)}`;
  const lasting = orMs === null ? inSeconds : sql<number>`coalesce(${inSeconds}, ${sql.lit(orMs / SECOND)})`;
  return {
    columns: [column],
    texts: [text],
    // It adds up wall times, which a clock change within the row makes wrong by an hour: then it says too much.
    exact: false,
    from: (instant) => {
      const at = start.axis.ofInstant(instant) - gained(zone, instant);
      return sql`(${start.seconds} + ${lasting} >= ${sql.lit(at / SECOND)})`;
    },
    decode: ([given = null], at) => {
      if (given === null) return orMs === null ? 'is NULL' : at.instant + orMs;
      const units =
        counts === 'characters' ? Array.from(given).length : given.trim() === '' ? Number.NaN : Number(given);
      return units >= 0 && Number.isFinite(units) ? at.instant + Math.round(units * unitMs) : 'not a length';
    },
    written: (from, end) => {
      const units = (end - from) / unitMs;
      if (!Number.isInteger(units)) return undefined;
      return [{ column, value: counts === 'characters' ? mapping.character.repeat(units) : units }];
    },
  };
}

/** All rows last equally long. */
export function fixedEnd(ms: number, start: Moment): End {
  return {
    columns: [],
    texts: [],
    exact: start.exact,
    from: (instant) => start.from(instant - ms),
    ...(start.computed && {
      computed: {
        from: (instant) => start.computed?.from(instant - ms) ?? sql`1 = 1`,
        before: (instant) => start.computed?.before(instant - ms) ?? sql`1 = 1`,
      },
    }),
    decode: (_texts, at) => at.instant + ms,
    written: (from, end) => (end - from === ms ? [] : undefined),
  };
}

function orElse(from: TimeComparisons['from'], { orMs, isNull, start }: OrElse): TimeComparisons['from'] {
  if (orMs === null) return from;
  return (instant) => anyOf([from(instant), sql`(${isNull} and ${start.from(instant - orMs)})`]);
}

/** By how much clocks were set forward in the two days before an instant. */
function gained(zone: string, instant: Instant): number {
  const offsetAt = (at: Instant) => instantToWall(at, zone) - at;
  return Math.max(0, offsetAt(instant) - offsetAt(instant - 2 * DAY));
}
