/** The process that is killed: a host as the README has it, telling its consumer of every event over IPC. Bundled by `build.ts`. */
import { type ClinicAdapter } from '../../src/adapters/adapter.js';
import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import type { Mirror } from '../../src/mirror/mirror.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import type { Clinic, FromHost, HostOrder } from './messages.js';
import { SCHEMA } from './schema.js';
import { serveHost } from './serve-host.js';

const order = JSON.parse(process.argv[2] ?? '') as HostOrder;
const tell = (message: FromHost) => process.send?.(message);

function adapterOf(clinic: Clinic): ClinicAdapter {
  switch (clinic.engine) {
    case 'sqlite':
      return sqliteAdapter({ path: clinic.path, schema: SCHEMA });
    case 'postgres':
      return postgresAdapter({ connection: clinic.url, schema: SCHEMA, push: clinic.push });
    case 'mysql':
      return mysqlAdapter({ connection: clinic.url, schema: SCHEMA });
  }
}

/** Tells of the n-th commit right before it is made. */
function telling(mirror: Mirror, nth: number): Mirror {
  let begun = 0;
  return {
    store: mirror.store,
    discard: (clinicId) => mirror.discard(clinicId),
    open: (options) =>
      mirror.open(options).map((clinic) => {
        const commit = clinic.commit.bind(clinic);
        clinic.commit = (change) => {
          if (++begun === nth) tell({ type: 'committing' });
          return commit(change);
        };
        return clinic;
      }),
  };
}

const sync = new ClinicSync({
  clinicId: 'killed',
  adapter: adapterOf(order.clinic),
  mirror: telling(sqliteMirror({ path: order.mirror }), order.tellCommit),
  // Mass changes are no matter here, and this receptionist is quicker than any.
  tuning: { breakerShare: 0.9, breakerSessionShare: 0.9 },
});

serveHost(sync, order.cursor);
