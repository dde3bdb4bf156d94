import { sql, type QueryExecutorProvider } from 'kysely';

import { addHash, COLUMN_SEPARATOR, EMPTY_DIGEST, NULL_TEXT, type Digest } from '../../domain/digest.js';
import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { ClinicReader, DigestRead } from '../adapter.js';
import { bucketOf } from '../sql/axis.js';
import { decodeRow, hashOfText } from '../sql/decode.js';
import { isCurrent, readKeys, readRange } from '../sql/read.js';
import { attempt } from '../sql/results.js';
import type { Source } from '../sql/source.js';
import { inStretch } from '../sql/where.js';
import { toFault } from './errors.js';

/** `check` throws when the file is not the clinic's any more: the connection would go on reading what nobody writes to. */
export function sqliteReader(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  check: () => Promise<void>,
): Required<ClinicReader> {
  const run = <T>(signal: AbortSignal, work: () => Promise<T>) =>
    attempt(
      signal,
      async () => {
        await check();
        if (signal.aborted) throw fault('Aborted');
        return work();
      },
      toFault,
    );
  return {
    readRange: (read) => run(read.signal, () => readRange(db, sources, read)),
    readKeys: (read) => run(read.signal, () => readKeys(db, sources, read)),
    digest: (read) => run(read.signal, () => digest(db, sources, read)),
  };
}

/**
 * SQLite runs in this process, so summing up there saves nothing: each row's way through an SQL function costs more than the
 * row itself. What costs most is making values of columns, so each row comes as one text, and its start. A row whose start cannot be decoded
 * counts in the last bucket.
 */
async function digest(db: QueryExecutorProvider, sources: readonly Source[], read: DigestRead): Promise<Digest[]> {
  const { edges, cutoff, stream } = read;
  const digests = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  for (const source of sources) {
    if (source.stream !== stream) continue;
    const columns = source.columns.map((text) => sql`coalesce(${text}, ${NULL_TEXT})`);
    const { rows } = await sql<{ row: string; start: string | null }>`
      select ${sql.join(columns, sql` || ${COLUMN_SEPARATOR} || `)} as row, ${source.columns[source.startAt]} as start
      from ${source.from} where ${inStretch(source, { from: null, to: null, cutoff })}
    `.execute(db);
    for (const { row, start: text } of rows) {
      const start = text === null ? undefined : source.start.decode(text);
      if (!source.start.exact && !isAsked(source, row.split(COLUMN_SEPARATOR), cutoff)) continue;
      const bucket = start === undefined ? edges.length : bucketOf(edges, start);
      digests[bucket] = addHash(digests[bucket] ?? EMPTY_DIGEST, hashOfText(source, row));
    }
  }
  return digests;
}

/** What `readRange` repeats where the statement may have given more than was asked for. */
function isAsked(source: Source, texts: readonly string[], cutoff: Instant): boolean {
  const values = texts.map((text) => (text === NULL_TEXT ? null : text));
  return isCurrent(source, decodeRow(source, values), cutoff);
}
