/** A host that kills itself at one moment of a booking: SIGKILL, so that nothing is flushed and no handler runs. Bundled by the test. */
import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import type { Intent } from '../../src/domain/intent.js';
import type { Mirror } from '../../src/mirror/mirror.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { SCHEMA, slotOf } from './practice.js';

/** Before or after the mirror's commit that brings the intent into a state, or between the statement and our hearing of it. */
export type Moment = `${'before' | 'after'} ${Intent['state']}` | 'after statement' | 'after withdrawal';

export interface KillOrder {
  readonly moment: Moment;
  /** A clinic's file, or how to reach its server. */
  readonly path?: string;
  readonly server?: {
    readonly engine: 'postgres' | 'mysql';
    readonly url: string;
    readonly write: { readonly user: string; readonly password: string };
  };
  readonly mirror: string;
  readonly clinicId: string;
  readonly nth: number;
}

const order = JSON.parse(process.argv[2] ?? '') as KillOrder;
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  // The signal arrives before this thread goes on.
  for (;;);
};
const at = (moment: Moment) => {
  if (moment === order.moment) die();
};

function dying(mirror: Mirror): Mirror {
  return {
    store: mirror.store,
    discard: (clinicId) => mirror.discard(clinicId),
    open: (options) =>
      mirror.open(options).map((clinic) => {
        const commit = clinic.commit.bind(clinic);
        clinic.commit = (change) => {
          for (const { state } of change.intents ?? []) at(`before ${state}`);
          return commit(change).map((logged) => {
            for (const { state } of change.intents ?? []) at(`after ${state}`);
            return logged;
          });
        };
        return clinic;
      }),
  };
}

function dyingAdapter(adapter: ClinicAdapter): ClinicAdapter {
  return {
    ...adapter,
    connect: (options) =>
      adapter.connect(options).map((link) => {
        const { writer } = link;
        if (!writer) return link;
        const watched = {
          ...writer,
          book: (asked: Parameters<typeof writer.book>[0]) =>
            writer.book(asked).map(async (answer) => {
              at('after statement');
              // Somebody writes into the slot: told to the parent, who is the front desk.
              if (order.moment.endsWith('withdrawing') || order.moment === 'after withdrawal') {
                await new Promise<void>((resolve) => {
                  process.once('message', () => {
                    resolve();
                  });
                  process.send?.('clash');
                });
              }
              return answer;
            }),
          delete: (asked: Parameters<typeof writer.delete>[0]) =>
            writer.delete(asked).map((answer) => {
              at('after withdrawal');
              return answer;
            }),
        };
        return { ...link, writer: watched };
      }),
  };
}

function adapterOf({ path = '', server }: KillOrder): ClinicAdapter {
  if (!server) return sqliteAdapter({ path, schema: SCHEMA, write: true });
  const make = server.engine === 'postgres' ? postgresAdapter : mysqlAdapter;
  return make({ connection: server.url, schema: SCHEMA, write: server.write });
}

const sync = new ClinicSync({
  clinicId: order.clinicId,
  adapter: dyingAdapter(adapterOf(order)),
  mirror: dying(sqliteMirror({ path: order.mirror })),
});
const started = await sync.start();
if (started.isErr()) throw started.error;
const booked = await sync.book({ slot: slotOf(order.nth), idempotencyKey: order.moment });
// It was to die before this.
process.send?.(booked.isOk() ? 'booked' : booked.error.code);
