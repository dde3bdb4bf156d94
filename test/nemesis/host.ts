/** The process that suffers: a host with every default, and a consumer of its events behind IPC. Bundled by `../kill/build.ts`. */
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { SCHEMA } from '../booking/practice.js';
import { serveHost } from '../kill/serve-host.js';
import { wantedSlot } from './ground.js';
import type { Answer, Ask, NemesisOrder } from './messages.js';

const { reach, mirror, cursor } = JSON.parse(process.argv[2] ?? '') as NemesisOrder;

const sync = new ClinicSync({
  clinicId: 'nemesis',
  adapter:
    reach.engine === 'sqlite'
      ? sqliteAdapter({ path: reach.path, schema: SCHEMA, write: true })
      : postgresAdapter({ connection: reach.url, schema: SCHEMA, write: reach.write, push: 'trigger' }),
  mirror: sqliteMirror({ path: mirror }),
  // This receptionist is quicker than any, and mass changes are no matter here.
  tuning: { breakerShare: 0.9 },
});

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
