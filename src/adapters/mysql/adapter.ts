import type { ClinicAdapter } from '../adapter.js';
import { hasSessions, mappingIdOf } from '../sql/schema/resolve.js';
import { onOwnSession } from '../sql/describe-session.js';
import { attempt } from '../sql/results.js';
import type { RunAs } from '../sql/server-link.js';
import type { Access } from '../sql/session.js';
import { describe } from './describe.js';
import { toFault } from './errors.js';
import { openLink } from './link.js';
import { openSession } from './session.js';
import { resolveMysqlOptions, type MysqlOptions } from './options.js';

/**
 * Reads a clinic's MySQL (8.0 or later) or MariaDB (10.6 or later) database through `mysql2`, with a login that needs SELECT on the
 * mapped columns and nothing else; bookings can have a login of their own. Throws `InvalidArgument` for options that cannot be
 * meant.
 *
 * Noticing changes: the end of InnoDB's redo log as the pulse. It says nothing of tables of other engines, such as MyISAM: where one
 * of those is mapped there is no pulse and no snapshot, and changes are found by digests. Sessions must be the server's own: a
 * proxy between that shares them between clients breaks the lock.
 */
export function mysqlAdapter(options: MysqlOptions): ClinicAdapter {
  const resolved = resolveMysqlOptions(options);
  return {
    engine: 'mysql',
    mappingId: mappingIdOf(resolved.schema),
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
