import type { Instant } from '../../domain/instant.js';
import { STREAMS } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { STREAM_NUMBER } from './row-codec.js';
import { shelves } from './row-queries.js';
import { statement } from './statement.js';

/** Reads the index of ids alone, in its order. */
const COUNT = statement<{ copy: number; stream: number }>()((db, p) =>
  db
    .selectFrom((inner) =>
      inner
        .selectFrom('rows')
        .select('id')
        .distinct()
        .where('copy', '=', p.copy)
        .where('stream', '=', p.stream)
        .as('ids'),
    )
    .select((e) => e.fn.countAll<number>().as('n')),
);

const ENDED = statement<{ copy: number; stream: number; practitioner: string; long: number; endedBy: number }>()(
  (db, p) =>
    db
      .selectFrom('rows')
      .select('id')
      .where('copy', '=', p.copy)
      .where('stream', '=', p.stream)
      .where('practitioner', '=', p.practitioner)
      .where('long', '=', p.long)
      // What has ended has started: keeps the walk at the beginning of the index.
      .where('start', '<=', p.endedBy)
      .where('end', '<=', p.endedBy),
);

export function countRows(connection: Connection, copy: number): number {
  const counts = STREAMS.map((stream) => connection.get(COUNT, { copy, stream: STREAM_NUMBER[stream] })?.n ?? 0);
  return counts.reduce((sum, n) => sum + n, 0);
}

/** How many end at or before an instant. */
export function countEnded(connection: Connection, copy: number, endedBy: Instant): number {
  let count = 0;
  for (const stream of STREAMS) {
    const ids = new Set<string>();
    for (const practitioner of shelves(connection, copy, stream)) {
      for (const long of [0, 1]) {
        const ended = connection.all(ENDED, { copy, stream: STREAM_NUMBER[stream], practitioner, long, endedBy });
        for (const { id } of ended) ids.add(id);
      }
    }
    count += ids.size;
  }
  return count;
}
