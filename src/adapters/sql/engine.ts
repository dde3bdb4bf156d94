import type { RawBuilder } from 'kysely';

import type { Instant } from '../../domain/instant.js';
import type { Axis } from './axis.js';
import type { ResolvedTable } from './resolve.js';

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

/** A start or end column, bound to its type. */
export interface TimeColumn {
  /** Undefined for a text that is no time in this column's form. */
  decode(text: string): Instant | undefined;
  readonly axis: Axis;
  /** False when {@link TimeColumn.from} and {@link TimeColumn.before} may hold for more than they say. */
  readonly exact: boolean;
  /** A value of the axis as the column's own type writes it. */
  literal(value: number): string | number;
  /**
   * "The column means this instant or later", comparing the bare column with constants, so that an index can be used.
   */
  from(instant: Instant): RawBuilder<boolean>;
  before(instant: Instant): RawBuilder<boolean>;
  /** "The column lies below this value of the axis". */
  below(value: number): RawBuilder<boolean>;
  /** Where those are not exact: the same by computing, which no index helps; NULL for a text that the database cannot read. */
  readonly computed?: Pick<TimeColumn, 'from' | 'before'>;
  /** What is written for an instant; `undefined` where the column's form cannot say it. */
  written(instant: Instant): string | number | undefined;
}

export type Scalar = string | number | boolean | null;

/** What differs between SQL engines when rows are read and written. */
export interface SqlEngine {
  readonly sameName: (a: string, b: string) => boolean;
  /** The column as text, the same in every session. */
  text(reference: RawBuilder<unknown>, type: string): RawBuilder<string | null>;
  /** The column as a time of the mapping's form, or the rule that its type breaks. */
  time(reference: RawBuilder<unknown>, type: string, table: ResolvedTable, zone: string): TimeColumn | { rule: string };
  /** "The column is one of these", found by index; for ids as {@link SqlEngine.text} gives them. */
  isOneOf(reference: RawBuilder<unknown>, type: string, ids: readonly string[]): RawBuilder<boolean>;
  /** The rule that a value breaks that is to be written into the column, as far as its type tells. */
  unfit(column: CatalogColumn, value: Scalar): string | undefined;
  /** A value to be written into a column of this type. */
  value(value: Scalar, type: string): RawBuilder<unknown>;
}
