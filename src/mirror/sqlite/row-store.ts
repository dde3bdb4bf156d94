import { sql } from 'kysely';

import { type RowKey, type StoredRow } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { encodeRow, STREAM_NUMBER } from './row-codec.js';
import { statement } from './statement.js';
import { encodeText } from './text.js';
import type { RowsTable } from './schema.js';

interface KeyParameters extends Readonly<Record<string, string | number>> {
  readonly copy: number;
  readonly stream: number;
  readonly id: string;
}

type RowParameters = { readonly [K in keyof RowsTable]: RowsTable[K] };

/** The index is named because SQLite, which keeps no statistics here, would take the longer key of the table and walk it. */
const DELETE_KEY = statement<KeyParameters>()(
  (_, p) => sql`delete from "rows" indexed by "rows_by_id"
    where "copy" = ${p.copy} and "stream" = ${p.stream} and "id" = ${p.id}`,
);

const INSERT = statement<RowParameters>()((db, p) =>
  db.insertInto('rows').values({
    copy: p.copy,
    stream: p.stream,
    practitioner: p.practitioner,
    long: p.long,
    start: p.start,
    id: p.id,
    end: p.end,
    kind: p.kind,
    practitioners: p.practitioners,
    location: p.location,
    zone: p.zone,
    slot_ms: p.slot_ms,
    hash: p.hash,
    fingerprint: p.fingerprint,
  }),
);

/** Answers whether there was one. */
export function removeRow(connection: Connection, copy: number, key: RowKey): boolean {
  return connection.run(DELETE_KEY, { copy, stream: STREAM_NUMBER[key.stream], id: encodeText(key.id) }) > 0;
}

/** Answers whether the key is new. */
export function putRow(connection: Connection, copy: number, row: StoredRow): boolean {
  const places = encodeRow(copy, row);
  const [first] = places;
  const replaced = first !== undefined && connection.run(DELETE_KEY, { copy, stream: first.stream, id: first.id }) > 0;
  for (const place of places) connection.run(INSERT, place);
  return !replaced;
}
