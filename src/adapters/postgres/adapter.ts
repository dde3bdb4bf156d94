import type { ClinicAdapter } from '../adapter.js';
import { hasSessions, mappingIdOf } from '../sql/schema/resolve.js';
import { onOwnSession } from '../sql/describe-session.js';
import { attempt } from '../sql/results.js';
import { describe } from './describe.js';
import { toFault } from './errors.js';
import { openLink } from './link.js';
import { openSession } from './session.js';
import { resolvePostgresOptions, type PostgresOptions } from './options.js';

/**
 * Reads a clinic's Postgres database (10 or later) through `pg`, with a login that needs SELECT on the mapped columns and
 * nothing else; bookings can have a login of their own. Throws `InvalidArgument` for options that cannot be meant.
 *
 * Noticing changes: the text of the server's snapshot as the pulse, waited for in the server where anonymous blocks are
 * allowed; on a standby none, so changes are found by digests; triggers if asked for. Sessions must be the server's own: a
 * pooler between that shares them between clients breaks the lock, the pulse's wait and push.
 */
export function postgresAdapter(options: PostgresOptions): ClinicAdapter {
  const resolved = resolvePostgresOptions(options);
  return {
    engine: 'postgres',
    mappingId: mappingIdOf(resolved.schema),
    zone: resolved.schema.zone,
    hasSessions: hasSessions(resolved.schema),
    describe: (signal) =>
      attempt(
        signal,
        () =>
          onOwnSession(
            () => openSession(resolved, signal, () => undefined),
            signal,
            (db) => describe(db, resolved, options.schema),
          ),
        toFault,
      ),
    connect: ({ clinicId, signal }) => attempt(signal, () => openLink(resolved, clinicId, signal), toFault),
  };
}
