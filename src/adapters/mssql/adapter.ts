import type { ClinicAdapter } from '../adapter.js';
import { onOwnSession } from '../sql/describe-session.js';
import { hasSessions, mappingIdOf } from '../sql/schema/resolve.js';
import { attempt } from '../sql/results.js';
import type { RunAs } from '../sql/server-link.js';
import type { Access } from '../sql/session.js';
import { describe } from './describe.js';
import { toFault } from './errors.js';
import { openLink } from './link.js';
import { resolveMssqlOptions, type MssqlOptions } from './options.js';
import { openSession } from './session.js';

/**
 * Reads a clinic's SQL Server (2014 or later, Express too) through `tedious`, with a login that needs SELECT on the mapped columns
 * and nothing else; bookings can have a login of their own. Throws `InvalidArgument` for options that cannot be meant.
 *
 * Noticing changes: by change tracking where the mapped tables have it and this login may see it, else by the end of the log where
 * the server shows it, else by digests. What a server can do is found out by trying, at each connect; `describe()` says it.
 *
 * Not run against a real SQL Server yet: see docs/ADAPTERS.md for what has run where.
 */
export function mssqlAdapter(options: MssqlOptions): ClinicAdapter {
  const resolved = resolveMssqlOptions(options);
  return {
    engine: 'mssql',
    // Another hash than other engines', so another mapping.
    mappingId: `mssql:${mappingIdOf(resolved.schema)}`,
    zone: resolved.schema.zone,
    hasSessions: hasSessions(resolved.schema),
    describe: (signal) => {
      const as: (access: Access) => RunAs = (access) => (work) =>
        onOwnSession(() => openSession(resolved, signal, () => undefined, access), signal, work);
      const asWriter = resolved.write ? as('write') : undefined;
      return attempt(signal, () => as('read')((db) => describe(db, resolved, asWriter)), toFault);
    },
    connect: ({ clinicId, signal }) => attempt(signal, () => openLink(resolved, clinicId, signal), toFault),
  };
}
