import { sql } from 'kysely';

import { STREAMS, streamOf, type StoredRow } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { decodeRow, isFirstPlace, STREAM_NUMBER } from './row-codec.js';
import type { RowsTable } from './schema.js';
import { statement } from './statement.js';
import { encodeText } from './text.js';

export const SCAN_PAGE = 1_000;

const FIRST_PAGE = statement<{ copy: number }>()((db, p) =>
  db
    .selectFrom('rows')
    .selectAll()
    .where('copy', '=', p.copy)
    .orderBy('stream')
    .orderBy('practitioner')
    .orderBy('long')
    .orderBy('start')
    .orderBy('id')
    .limit(sql.lit(SCAN_PAGE)),
);

const NEXT_PAGE = statement<{
  copy: number;
  stream: number;
  practitioner: string;
  long: number;
  start: number;
  id: string;
}>()((db, p) =>
  db
    .selectFrom('rows')
    .selectAll()
    .where('copy', '=', p.copy)
    .where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('stream', 'practitioner', 'long', 'start', 'id'),
        '>',
        tuple(p.stream, p.practitioner, p.long, p.start, p.id),
      ),
    )
    .orderBy('stream')
    .orderBy('practitioner')
    .orderBy('long')
    .orderBy('start')
    .orderBy('id')
    .limit(sql.lit(SCAN_PAGE)),
);

const PLACES_OF_KEY = statement<{ copy: number; stream: number; id: string }>()((db, p) =>
  db
    .selectFrom('rows')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    .where('id', '=', p.id),
);

/** Counts in the index of ids: every place that a scan walks past must be listed there. */
const PLACES_BY_ID = statement<{ copy: number; stream: number }>()((db, p) =>
  db
    .selectFrom(sql<{ id: string; copy: number; stream: number }>`rows indexed by rows_by_id`.as('places'))
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    // Counted over the id, so that the index cannot be left for the table.
    .where('id', 'is not', null),
);

/** The places after `last`, in the order in which they lie: what the queries by practitioner would find. */
export function scanPage(connection: Connection, copy: number, last: RowsTable | undefined): RowsTable[] {
  if (!last) return connection.all(FIRST_PAGE, { copy });
  const { stream, practitioner, long, start, id } = last;
  return connection.all(NEXT_PAGE, { copy, stream, practitioner, long, start, id });
}

/** The rows of a page, each told at its first place only. Throws where the page and the index of ids disagree. */
export function rowsOfPage(connection: Connection, page: readonly RowsTable[]): StoredRow[] {
  const rows: StoredRow[] = [];
  for (const kept of page) {
    const stored = decodeRow(kept);
    const { practitionerIds, id } = stored.row;
    if (!isFirstPlace(kept, practitionerIds)) continue;
    if (kept.practitioners !== null && practitionerIds.length > 0) {
      const stream = STREAM_NUMBER[streamOf(stored.row)];
      const places = connection.get(PLACES_OF_KEY, { copy: kept.copy, stream, id: encodeText(id) });
      if (places?.n !== new Set(practitionerIds).size) throw damaged('rows.practitioners');
    }
    rows.push(stored);
  }
  return rows;
}

/** Throws when a complete walk passed another number of places than the index of ids lists: one of the two lost some. */
export function compareWithIndex(connection: Connection, copy: number, walked: number): void {
  const counts = STREAMS.map((stream) => connection.get(PLACES_BY_ID, { copy, stream: STREAM_NUMBER[stream] })?.n ?? 0);
  if (counts.reduce((sum, n) => sum + n, 0) !== walked) throw damaged('rows_by_id');
}
