import type { QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { ClinicReader } from '../adapter.js';
import { sqlReader, type RunRead } from '../sql/reader.js';
import { attempt } from '../sql/results.js';
import type { ClinicTables } from '../sql/tables.js';
import type { SqliteDigests } from './digest.js';
import { toFault } from './errors.js';

/** `check` throws when the file is not the clinic's any more: the connection would go on reading what nobody writes to. */
export function sqliteReader(
  db: QueryExecutorProvider,
  tables: ClinicTables,
  digests: SqliteDigests,
  check: () => Promise<void>,
): ClinicReader {
  const run: RunRead = (signal, work) =>
    attempt(
      signal,
      async () => {
        await check();
        if (signal.aborted) throw fault('Aborted');
        return work(db);
      },
      toFault,
    );
  return sqlReader(run, tables, (each, _sources, read) => digests.read(each, read));
}
