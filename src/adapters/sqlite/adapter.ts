import type { ClinicAdapter } from '../adapter.js';
import { hasSessions, mappingIdOf } from '../sql/schema/resolve.js';
import { attempt } from '../sql/results.js';
import { describe } from './describe.js';
import { toFault } from './errors.js';
import { openLink } from './link.js';
import { resolveSqliteOptions, type SqliteOptions } from './options.js';

/**
 * Reads, and where asked writes, a clinic's SQLite file through `node:sqlite`. Throws `InvalidArgument` for options that cannot be meant.
 *
 * Noticing changes: `PRAGMA data_version` as the pulse, and a watch on the database's files where the file system tells of
 * every write. Statements run on the calling thread. The file is opened read-only; SQLite itself may still create the `-wal`
 * and `-shm` files of a database in write-ahead mode, as every reader does. There is no lock against a second owner.
 */
export function sqliteAdapter(options: SqliteOptions): ClinicAdapter {
  const resolved = resolveSqliteOptions(options);
  return {
    engine: 'sqlite',
    mappingId: mappingIdOf(resolved.schema),
    zone: resolved.schema.zone,
    hasSessions: hasSessions(resolved.schema),
    describe: (signal) => attempt(signal, () => describe(resolved), toFault),
    connect: ({ signal }) => attempt(signal, () => openLink(resolved, signal), toFault),
  };
}
