import { sql } from 'kysely';

import type { RowKey, StoredRow } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { encodeRow, shelvesOf, STORED_COLUMNS, STREAM_NUMBER, streamNumberOf } from './row-codec.js';
import type { RowsTable } from './schema.js';
import { statement } from './statement.js';
import { encodeText } from './text.js';

/** The index is named because SQLite, which keeps no statistics here, would take the longer key of the table and walk it. */
const DELETE_KEY = statement<{ copy: number; stream: number; id: string }>()(
  (_, p) => sql`delete from "rows" indexed by "rows_by_id"
    where "copy" = ${p.copy} and "stream" = ${p.stream} and "id" = ${p.id}`,
);

type RowParameters = { readonly [K in keyof RowsTable]: RowsTable[K] };

const INSERT = statement<RowParameters>()(
  (_, p) => sql`insert into "rows" (${sql.join(STORED_COLUMNS.map((column) => sql.ref(column)))})
    values (${sql.join(STORED_COLUMNS.map((column) => p[column]))})`,
);

/** Answers whether there was one. */
export function removeRow(connection: Connection, copy: number, key: RowKey): boolean {
  return connection.run(DELETE_KEY, { copy, stream: STREAM_NUMBER[key.stream], id: encodeText(key.id) }) > 0;
}

/** Answers whether the key is new. */
export function putRow(connection: Connection, copy: number, stored: StoredRow): boolean {
  const { row } = stored;
  const removed = connection.runValues(DELETE_KEY, [copy, streamNumberOf(row), encodeText(row.id)]);
  addRow(connection, copy, stored);
  return removed === 0;
}

/** Puts a row whose key is known to be new. */
export function addRow(connection: Connection, copy: number, stored: StoredRow): void {
  for (const shelf of shelvesOf(stored.row)) connection.runValues(INSERT, encodeRow(copy, shelf, stored));
}
