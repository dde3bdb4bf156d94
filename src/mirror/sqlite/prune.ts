import type { Instant } from '../../domain/instant.js';
import { STREAMS } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { STREAM_NUMBER } from './row-codec.js';
import { shelves } from './row-queries.js';
import { statement } from './statement.js';

const DELETE_ENDED = statement<{
  copy: number;
  stream: number;
  practitioner: string;
  long: number;
  endedBy: number;
}>()((db, p) =>
  db
    .deleteFrom('rows')
    .where('copy', '=', p.copy)
    .where('stream', '=', p.stream)
    .where('practitioner', '=', p.practitioner)
    .where('long', '=', p.long)
    // What has ended has started: keeps the walk at the beginning of the index.
    .where('start', '<=', p.endedBy)
    .where('end', '<=', p.endedBy),
);

/** Removes the rows that end at or before an instant. Answers whether there were any. */
export function pruneRows(connection: Connection, copy: number, endedBy: Instant): boolean {
  let places = 0;
  for (const stream of STREAMS) {
    for (const practitioner of [...shelves(connection, copy, stream)]) {
      for (const long of [0, 1]) {
        places += connection.run(DELETE_ENDED, { copy, stream: STREAM_NUMBER[stream], practitioner, long, endedBy });
      }
    }
  }
  return places > 0;
}
