/** The process that suffers: a host with every default, and a consumer of its events behind IPC. Bundled by `../kill/build.ts`. */
import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { SCHEMA } from '../booking/practice.js';
import { serveHost } from '../kill/serve-host.js';
import { wantedSlot } from './ground.js';
import type { Answer, Ask, NemesisOrder, Reach } from './messages.js';

const { reach, mirror, cursor } = JSON.parse(process.argv[2] ?? '') as NemesisOrder;

const sync = new ClinicSync({
  clinicId: 'nemesis',
  adapter: adapterOf(reach),
  mirror: sqliteMirror({ path: mirror }),
  // This receptionist is quicker than any, and mass changes are no matter here.
  tuning: { breakerShare: 0.9, breakerSessionShare: 0.9 },
});

function adapterOf(to: Reach): ClinicAdapter {
  switch (to.engine) {
    case 'sqlite':
      return sqliteAdapter({ path: to.path, schema: SCHEMA, write: true });
    case 'mysql':
      return mysqlAdapter({ connection: to.url, schema: SCHEMA, write: to.write });
    case 'postgres':
      return postgresAdapter({ connection: to.url, schema: SCHEMA, write: to.write, push: 'trigger' });
  }
}

async function answer(request: unknown): Promise<Answer> {
  const ask = request as Ask;
  if (ask.type === 'book') {
    const { key, nth } = ask;
    const booked = await sync.book({ slot: wantedSlot(nth), idempotencyKey: key, details: { patient: key } });
    return booked.isOk() ? { result: 'booked', row: booked.value.row } : { result: booked.error.code };
  }
  if (ask.type === 'delete') {
    const deleted = await sync.delete({ ...ask.row, idempotencyKey: ask.key });
    return { result: deleted.isOk() ? 'deleted' : deleted.error.code };
  }
  const outcome = await sync.outcome(ask.key);
  return outcome.isOk() ? outcome.value : { result: outcome.error.code };
}

serveHost(sync, cursor, { answer, retryStart: true });
