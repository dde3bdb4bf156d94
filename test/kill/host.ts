/** The process that is killed: a host as the README has it, telling its consumer of every event over IPC. Bundled by `build.ts`. */
import { type ClinicAdapter } from '../../src/adapters/adapter.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import type { Mirror } from '../../src/mirror/mirror.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import type { Clinic, FromHost, HostOrder, ToHost } from './messages.js';
import { SCHEMA } from './schema.js';

const order = JSON.parse(process.argv[2] ?? '') as HostOrder;
const tell = (message: FromHost) => process.send?.(message);

function adapterOf(clinic: Clinic): ClinicAdapter {
  return clinic.engine === 'sqlite'
    ? sqliteAdapter({ path: clinic.path, schema: SCHEMA })
    : postgresAdapter({ connection: clinic.url, schema: SCHEMA, push: clinic.push });
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
  tuning: { breakerShare: 0.9 },
});

async function begin(): Promise<void> {
  const snapshot = await sync.snapshot();
  if (snapshot.isErr()) {
    tell({ type: 'failed', what: `snapshot: ${snapshot.error.code}` });
    return;
  }
  tell({ type: 'begin', ...snapshot.value });
  follow(snapshot.value.cursor);
}

function follow(cursor: string): void {
  const subscription = sync.events({ after: cursor }).subscribe({
    next: (event) => {
      tell({ type: 'event', event });
      if (event.type !== 'snapshot.replaced') return;
      subscription.unsubscribe();
      void begin();
    },
    error: (error: { code?: string }) => tell({ type: 'failed', what: `events: ${String(error.code)}` }),
  });
}

let following = false;
sync.status$.subscribe(({ phase, lastFault }) => {
  tell({ type: 'status', phase, fault: lastFault });
  if (phase === 'idle' || phase === 'stopped' || following) return;
  following = true;
  if (order.cursor === null) void begin();
  else follow(order.cursor);
});

process.on('message', (message: ToHost) => {
  if (message.type === 'stop') void sync.stop().then(() => process.disconnect());
  else {
    void sync.snapshot().then((snapshot) => {
      if (snapshot.isOk()) tell({ type: 'snapshot', ...snapshot.value });
      else tell({ type: 'failed', what: `snapshot: ${snapshot.error.code}` });
    });
  }
});
// The parent is gone.
process.on('disconnect', () => process.exit());

void sync.start().then((started) => {
  if (started.isErr()) tell({ type: 'failed', what: `start: ${started.error.code}` });
});
