import { sql } from 'kysely';

import { MAX_INSTANT } from '../../domain/instant.js';
import { keyText, STREAMS, type RowKey, type StoredRow, type Stream } from '../../domain/row.js';
import type { RowQuery } from '../mirror.js';
import type { Connection } from './connection.js';
import { COLUMNS, decodeRow, mustLieAt, STREAM_NUMBER, type Place } from './row-codec.js';
import { LONG_ROW_MS } from './schema.js';
import { statement } from './statement.js';
import { decodeText, encodeText, NOBODY } from './text.js';

const IN_RANGE = statement<{
  copy: number;
  stream: number;
  practitioner: string;
  long: number;
  from: number;
  before: number;
  endsAfter: number;
}>()((db, p) =>
  db
    .selectFrom('rows')
    .select(COLUMNS)
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    .where('practitioner', '=', p.practitioner)
    .where('long', '=', p.long)
    .where('start', '>=', p.from)
    .where('start', '<', p.before)
    .where('end', '>', p.endsAfter)
    .orderBy('start')
    .orderBy('id'),
);

/** The index is named because SQLite, which keeps no statistics here, would take the longer key of the table and walk it. */
const BY_KEY = statement<{ copy: number; stream: number; id: string }>()(
  (_, p) => sql`select ${sql.join(COLUMNS.map((column) => sql.ref(column)))} from "rows" indexed by "rows_by_id"
    where "copy" = ${p.copy} and "stream" = ${p.stream} and "id" = ${p.id} limit 1`,
);

const NEXT_PRACTITIONER = statement<{ copy: number; stream: number; after: string }>()((db, p) =>
  db
    .selectFrom('rows')
    .select('practitioner')
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    .where('practitioner', '>', p.after)
    .orderBy('practitioner')
    .limit(1),
);

const FIRST_PRACTITIONER = statement<{ copy: number; stream: number }>()((db, p) =>
  db
    .selectFrom('rows')
    .select('practitioner')
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    .orderBy('practitioner')
    .limit(1),
);

/** Under whom rows lie, encoded: one index seek for each, where a DISTINCT would walk through all rows. */
export function* shelves(connection: Connection, copy: number, stream: Stream): Generator<string> {
  const number = STREAM_NUMBER[stream];
  let next = connection.get(FIRST_PRACTITIONER, { copy, stream: number });
  while (next) {
    yield next.practitioner;
    next = connection.get(NEXT_PRACTITIONER, { copy, stream: number, after: next.practitioner });
  }
}

export function practitionersOf(connection: Connection, copy: number): string[] {
  const ids = new Set(STREAMS.flatMap((stream) => [...shelves(connection, copy, stream)]));
  ids.delete(NOBODY);
  return Array.from(ids, decodeText).sort();
}

export function queryRows(connection: Connection, copy: number, query: RowQuery): StoredRow[] {
  const { stream, startsFrom = -MAX_INSTANT, startsBefore = MAX_INSTANT + 1, endsAfter = -MAX_INSTANT - 1 } = query;
  const asked = query.practitionerIds && new Set(query.practitionerIds.map(encodeText));
  const found: StoredRow[] = [];
  let lists = 0;
  for (const practitioner of asked ?? shelves(connection, copy, stream)) {
    for (const long of [0, 1]) {
      // A row of at most a day that ends after an instant starts less than a day before it.
      const from = long ? startsFrom : Math.max(startsFrom, endsAfter - LONG_ROW_MS);
      const places: Place[] = connection.tuples(IN_RANGE, {
        copy,
        stream: STREAM_NUMBER[stream],
        practitioner,
        long,
        from,
        before: startsBefore,
        endsAfter,
      });
      if (places.length > 0) lists++;
      for (const place of places) {
        const row = decodeRow(place);
        mustLieAt(row, stream, long === 1);
        found.push(row);
      }
    }
  }
  return lists > 1 ? merged(found) : found;
}

/** In order, and a row that lies with several of the asked once. */
function merged(rows: StoredRow[]): StoredRow[] {
  rows.sort((a, b) => a.row.start - b.row.start || (a.row.id < b.row.id ? -1 : a.row.id > b.row.id ? 1 : 0));
  return rows.filter((row, i) => row.row.id !== rows[i - 1]?.row.id);
}

export function queryRowsByKey(connection: Connection, copy: number, keys: readonly RowKey[]): StoredRow[] {
  const distinct = new Map(keys.map((key) => [keyText(key.stream, key.id), key]));
  const found: StoredRow[] = [];
  for (const { stream, id } of distinct.values()) {
    const [place]: Place[] = connection.tuples(BY_KEY, { copy, stream: STREAM_NUMBER[stream], id: encodeText(id) });
    if (place) found.push(decodeRow(place));
  }
  return found;
}
