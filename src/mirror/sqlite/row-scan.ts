import { sql } from 'kysely';

import { STREAMS, type StoredRow } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { COLUMNS, decodeRow, isFirstPlace, mustLieAt, STREAM_NUMBER, type LocatedPlace } from './row-codec.js';
import { statement } from './statement.js';
import { encodeText } from './text.js';

export const SCAN_PAGE = 1_000;

const FIRST_PAGE = statement<{ copy: number }>()((db, p) =>
  db
    .selectFrom('rows')
    .select([...COLUMNS, 'long', 'stream'])
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
    .select([...COLUMNS, 'long', 'stream'])
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

/** Counts in the index of ids, which alone can narrow by id: every place that a scan walks past must be listed there. */
const PLACES_BY_ID = statement<{ copy: number; stream: number }>()((db, p) =>
  db
    .selectFrom('rows')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    .where('id', '>=', ''),
);

/** The places after `last`, in the order in which they lie: what the queries by practitioner would find. */
export function scanPage(connection: Connection, copy: number, last: LocatedPlace | undefined): LocatedPlace[] {
  if (!last) return connection.tuples(FIRST_PAGE, { copy });
  const [practitioner, id, , , , start, , , , , , , long, stream] = last;
  return connection.tuples(NEXT_PAGE, { copy, stream, practitioner, long, start, id });
}

/** In a tree whose order is damaged a walk could come by the same rows for ever. */
export function mustComeAfter(last: LocatedPlace | undefined, page: readonly LocatedPlace[]): void {
  const end = page.at(-1);
  if (last && end && compare(last, end) >= 0) throw damaged('rows');
}

/** By SQLite's order: of numbers, and of texts as UTF-8. */
function compare(a: LocatedPlace, b: LocatedPlace): number {
  const [practitionerA, idA, , , , startA, , , , , , , longA, streamA] = a;
  const [practitionerB, idB, , , , startB, , , , , , , longB, streamB] = b;
  return (
    streamA - streamB ||
    compareBytes(practitionerA, practitionerB) ||
    longA - longB ||
    startA - startB ||
    compareBytes(idA, idB)
  );
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The rows of a page, each told at its first place only. Throws where the page and the index of ids disagree. */
export function rowsOfPage(connection: Connection, copy: number, page: readonly LocatedPlace[]): StoredRow[] {
  const rows: StoredRow[] = [];
  for (const place of page) {
    const stored = decodeRow(place);
    const [, , , , , , , , , , , , long, stream] = place;
    mustLieAt(stored, stream === STREAM_NUMBER.session ? 'session' : 'busy', long === 1);
    // Asked at every place, as it may be the first one that is lost.
    const places = stored.row.practitionerIds.length;
    if (places > 1 && placesOf(connection, copy, stream, stored) !== places) throw damaged('rows.practitioners');
    if (!isFirstPlace(place, stored)) continue;
    rows.push(stored);
  }
  return rows;
}

function placesOf(connection: Connection, copy: number, stream: number, { row }: StoredRow): number | undefined {
  return connection.get(PLACES_OF_KEY, { copy, stream, id: encodeText(row.id) })?.n;
}

/** Throws when a complete walk passed another number of places than the index of ids lists: one of the two lost some. */
export function compareWithIndex(connection: Connection, copy: number, walked: number): void {
  const counts = STREAMS.map((stream) => connection.get(PLACES_BY_ID, { copy, stream: STREAM_NUMBER[stream] })?.n ?? 0);
  if (counts.reduce((sum, n) => sum + n, 0) !== walked) throw damaged('rows_by_id');
}
