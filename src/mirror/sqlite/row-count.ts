import { STREAMS } from '../../domain/row.js';
import type { Connection } from './connection.js';
import { STREAM_NUMBER } from './row-codec.js';
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

export function countRows(connection: Connection, copy: number): number {
  const counts = STREAMS.map((stream) => connection.get(COUNT, { copy, stream: STREAM_NUMBER[stream] })?.n ?? 0);
  return counts.reduce((sum, n) => sum + n, 0);
}
