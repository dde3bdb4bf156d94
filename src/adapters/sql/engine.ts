import type { RawBuilder } from 'kysely';

import type { Instant } from '../../domain/instant.js';
import type { ClockForm } from './schema/resolve-moments.js';
import type { TimeForm } from './schema/moments.js';
import type { Axis } from './time/axis.js';

/** A column of the clinic's database as its catalog tells it. */
export interface CatalogColumn {
  readonly name: string;
  /** The engine's own name of the type, lower case. */
  readonly type: string;
  /** False when this login may not read it. */
  readonly readable: boolean;
  /** In characters, where the type has a limit. */
  readonly maxLength?: number;
}

export interface CatalogTable {
  /** Names one relation whatever the session's settings. */
  readonly path: readonly string[];
  readonly columns: readonly CatalogColumn[];
}

/** Looks names up in the clinic's database. */
export interface Catalog {
  table(path: readonly string[]): Promise<CatalogTable | undefined>;
  /** For suggestions in messages. */
  tableNames(): Promise<readonly string[]>;
}

/** What is said of times in statements: comparisons with constants. */
export interface TimeComparisons {
  /**
   * "It is this instant or later", comparing bare columns with constants, so that an index can be used.
   */
  from(instant: Instant): RawBuilder<boolean>;
  before(instant: Instant): RawBuilder<boolean>;
}

/** A column that holds date and time together, bound to its type. */
export interface StampColumn extends TimeComparisons {
  /** The value on the axis; undefined for a text that is no time in this column's form. */
  decode(text: string): number | undefined;
  readonly axis: Axis;
  /** False when {@link TimeComparisons.from} and {@link TimeComparisons.before} may hold for more than they say. */
  readonly exact: boolean;
  /** "The column lies below this value of the axis". */
  below(value: number): RawBuilder<boolean>;
  /** "The column is this value of the axis or above it"; absent where values do not sort as they mean. */
  atLeast?(value: number): RawBuilder<boolean>;
  /** Where the column itself sorts as the axis does: it, and how a value of the axis is written beside it. */
  readonly sortable?: { readonly reference: RawBuilder<unknown>; literal(value: number): string | number };
  /** The value on the axis in seconds, computed in the database; `null` where that could fail for what somebody typed. */
  readonly seconds: RawBuilder<number> | null;
  /** Where those are not exact: the same by computing, which no index helps; NULL for a text that the database cannot read. */
  readonly computed?: TimeComparisons;
  /** What is written for an instant; `undefined` where the column's form cannot say it. */
  written(instant: Instant): string | number | undefined;
}

/** A column that holds a date. Days are counted from 1970-01-01. */
export interface DateColumn {
  from(day: number): RawBuilder<boolean>;
  before(day: number): RawBuilder<boolean>;
  /** Of the date's midnight since 1970-01-01; `null` where computing it could fail for what somebody typed. */
  readonly seconds: RawBuilder<number> | null;
  written(day: number): string;
}

/** A column that holds a time of day. */
export interface ClockColumn {
  /** Since midnight, whole; NULL, or anything, for what is no time of day. */
  readonly seconds: RawBuilder<number>;
  written(seconds: number): string | number | undefined;
}

/** What a column cannot mean, as the end of a sentence that begins with the column. */
export interface Misfit {
  readonly rule: string;
}

export type Scalar = string | number | boolean | null;

/** How an engine cuts off an answer: SQL Server in front of the columns, others at the end. */
export interface Limit {
  readonly front: (count: number) => RawBuilder<unknown>;
  readonly end: (count: number) => RawBuilder<unknown>;
}

/** What differs between SQL engines when rows are read and written. */
export interface SqlEngine {
  readonly limit: Limit;
  readonly sameName: (a: string, b: string) => boolean;
  /** The column as text, the same in every session. */
  text(reference: RawBuilder<unknown>, type: string): RawBuilder<string | null>;
  /** A text of {@link SqlEngine.text} that is compared to the letter. */
  exactly(text: RawBuilder<string | null>): RawBuilder<string | null>;
  /** How many characters a text has. */
  characters(text: RawBuilder<string | null>): RawBuilder<number>;
  /** True for types that hold texts; where columns bind nobody to their type, for all. */
  isText(type: string): boolean;
  isNumber(type: string): boolean;
  /** A column with date and time of this form, whose wall times lie on `wall`. */
  stamp(
    reference: RawBuilder<unknown>,
    type: string,
    form: { readonly form: TimeForm; readonly separator: ' ' | 'T' },
    wall: Axis,
  ): StampColumn | Misfit;
  date(reference: RawBuilder<unknown>, type: string): DateColumn | Misfit;
  clock(reference: RawBuilder<unknown>, type: string, form: ClockForm): ClockColumn | Misfit;
  /** "The column is one of these", found by index; for ids as {@link SqlEngine.text} gives them. */
  isOneOf(reference: RawBuilder<unknown>, type: string, ids: readonly string[]): RawBuilder<boolean>;
  /** The rule that a value breaks that is to be written into the column, as far as its type tells. */
  unfit(column: CatalogColumn, value: Scalar): string | undefined;
  /** A value to be written into a column of this type. */
  value(value: Scalar, type: string): RawBuilder<unknown>;
}
