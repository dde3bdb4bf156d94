import { sql, type RawBuilder } from 'kysely';

import { STREAM_OF, type Stream } from '../../domain/row.js';
import type { SqlEngine, TimeColumn } from './engine.js';
import type { ResolvedTable } from './resolve.js';
import { anyOf } from './logic.js';

/** A mapped table, found in the clinic's database: everything that is needed to read it. */
export interface Source {
  readonly mapping: ResolvedTable;
  readonly zone: string;
  readonly stream: Stream;
  /** The relation's real name. */
  readonly path: readonly string[];
  /** What comes after FROM; the table is called `t` in every statement, so that no column can be taken for anything else. */
  readonly from: RawBuilder<unknown>;
  /** The same for the guard of a booking, where that needs something said beside it: an index, a lock. */
  readonly guardFrom?: RawBuilder<unknown>;
  readonly start: TimeColumn;
  readonly end: TimeColumn;
  /** The mapped columns as text, in hash order: id, practitioners, location, start, end, slot length. */
  readonly columns: readonly RawBuilder<string | null>[];
  /** Where among them the start is. */
  readonly startAt: number;
  /** The bare columns, for statements that compute in the database. */
  readonly startReference: RawBuilder<unknown>;
  readonly startType: string;
  readonly id: { readonly column: string; readonly reference: RawBuilder<unknown>; readonly type: string };
  /** The row's hash as the server computes it, where that is quicker than computing it here; as a number and as hex digits. */
  readonly serverHash?: { readonly number: RawBuilder<string>; readonly text: RawBuilder<string> };
  /** "The id is one of these", in the database's own terms. */
  isOneOf(ids: readonly string[]): RawBuilder<boolean>;
  /** "It takes this practitioner's time"; the bare columns are compared too, so that an index on them can be used. */
  isOf(practitionerId: string): RawBuilder<boolean>;
}

export function column(name: string): RawBuilder<unknown> {
  return sql`${sql.id('t', name)}`;
}

/** `type` gives the type of a column that is known to exist. */
export function sourceOf(
  engine: SqlEngine,
  mapping: ResolvedTable,
  zone: string,
  path: readonly string[],
  realName: (column: string) => string,
  type: (column: string) => string,
  times: { start: TimeColumn; end: TimeColumn },
): Source {
  const reference = (name: string) => column(realName(name));
  const text = (name: string) => engine.text(reference(name), type(name));
  const optional = [mapping.location].filter((name) => name !== null);
  const slot = typeof mapping.slot === 'string' ? [mapping.slot] : [];
  return {
    mapping,
    zone,
    stream: STREAM_OF[mapping.kind],
    path,
    from: sql`${sql.id(...path)} as ${sql.id('t')}`,
    start: times.start,
    end: times.end,
    columns: [mapping.id, ...mapping.practitioners, ...optional, mapping.start, mapping.end, ...slot].map(text),
    startAt: 1 + mapping.practitioners.length + optional.length,
    startReference: reference(mapping.start),
    startType: type(mapping.start),
    id: { column: realName(mapping.id), reference: reference(mapping.id), type: type(mapping.id) },
    isOneOf: (ids) => engine.isOneOf(reference(mapping.id), type(mapping.id), ids),
    isOf: (practitionerId) =>
      anyOf(
        mapping.practitioners.map(
          (name) =>
            sql`(${engine.isOneOf(reference(name), type(name), [practitionerId])} and ${text(name)} = ${practitionerId})`,
        ),
      ),
  };
}
