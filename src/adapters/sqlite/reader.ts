import type { QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { ClinicReader } from '../adapter.js';
import { readKeys, readRange } from '../sql/read.js';
import { attempt } from '../sql/results.js';
import type { Source } from '../sql/source.js';
import type { SqliteDigests } from './digest.js';
import { toFault } from './errors.js';

/** `check` throws when the file is not the clinic's any more: the connection would go on reading what nobody writes to. */
export function sqliteReader(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  digests: SqliteDigests,
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
    digest: (read) => run(read.signal, () => digests.read(db, read)),
  };
}
