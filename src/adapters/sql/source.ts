import { sql, type RawBuilder } from 'kysely';

import type { Stream } from '../../domain/row.js';
import type { IdSpace } from './ids.js';
import type { ResolvedTable } from './schema/resolve-table.js';
import type { End } from './time/end.js';
import type { Moment } from './time/moment.js';

/**
 * A mapped table, found in the clinic's database: everything that is needed to read it. A table whose locations lie in several zones
 * is several sources, one for each zone.
 */
export interface Source extends IdSpace {
  readonly mapping: ResolvedTable;
  readonly zone: string;
  readonly stream: Stream;
  /** The relation's real name. */
  readonly path: readonly string[];
  /** What comes after FROM; the table is called `t` in every statement, so that no column can be taken for anything else. */
  readonly from: RawBuilder<unknown>;
  /** The same for the guard of a booking, where that needs something said beside it: an index, a lock. */
  readonly guardFrom?: RawBuilder<unknown>;
  /** "The row counts", and lies in this zone; `null`: all do. */
  readonly counts: RawBuilder<boolean> | null;
  readonly start: Moment;
  readonly end: End;
  /** The mapped columns as text, in hash order: id, practitioners, location, start, end, slot length, capacity. */
  readonly columns: readonly RawBuilder<string | null>[];
  /** Where among them the start is. */
  readonly startAt: number;
  /** As text; not part of the hash: a status can change without the row becoming another. */
  readonly status: RawBuilder<string | null> | null;
  readonly id: SourceId;
  /** The row's hash as the server computes it, where that is quicker than computing it here; as a number and as hex digits. */
  readonly serverHash?: { readonly number: RawBuilder<string>; readonly text: RawBuilder<string> };
  /**
   * "It takes this practitioner's time", at this place where one is given; the bare columns are compared too, so that an index on
   * them can be used.
   */
  isOf(practitionerId: string, locationId?: string | null): RawBuilder<boolean>;
}

export interface SourceId {
  /** The real names of the columns. */
  readonly columns: readonly string[];
  /** Where the key is a single column: it, bare, and the engine's name of its type. */
  readonly only: { readonly column: string; readonly reference: RawBuilder<unknown>; readonly type: string } | null;
  /** "The id is one of these", in the database's own terms; ids as `ids.ts` writes them. */
  isOneOf(ids: readonly string[]): RawBuilder<boolean>;
  /** "The id is this one", to the letter. */
  is(id: string): RawBuilder<boolean>;
}

export function column(name: string): RawBuilder<unknown> {
  return sql`${sql.id('t', name)}`;
}
