/** The platform's backend: a process of its own, so that it can really be killed. All it knows of the clinic is clinic-sync. */
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { ClinicSync, type AvailabilityFilter, type ClinicEvent, type ClinicStatus } from '../../src/index.js';
import type { SlotAnswer, SlotInput } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { preciseNow, serve, tell } from './channel.js';
import { Consumer } from './consumer.js';
import type { Engine } from './flags.js';
import { LOAD, SCHEMA } from './practice.js';

export interface HostOptions {
  readonly engine: Engine;
  readonly where: string;
  readonly write: { readonly user: string; readonly password: string } | undefined;
  readonly mirrorPath: string;
  readonly consumerPath: string;
}

/** What it tells the demo, and when it heard of it, in epoch ms. */
export type HostTold =
  | { readonly event: ClinicEvent; readonly at: number }
  | { readonly status: ClinicStatus }
  | { readonly slot: SlotAnswer; readonly at: number };

export interface BookCall {
  readonly slot: SlotInput;
  readonly key: string;
  readonly patient: string;
}

/** `result`: `booked`, `unknown`, or the code of an error. */
export interface BookAnswer {
  readonly result: string;
  readonly id?: string;
}

const { engine, where, write, mirrorPath, consumerPath } = JSON.parse(process.argv[2] ?? '{}') as HostOptions;

const sync = new ClinicSync({
  clinicId: 'northcote',
  adapter:
    engine === 'sqlite'
      ? sqliteAdapter({ path: where, schema: SCHEMA, write: true })
      : postgresAdapter({ connection: where, schema: SCHEMA, ...(write && { write }) }),
  mirror: sqliteMirror({ path: mirrorPath }),
  tuning: { load: LOAD },
});
const consumer = new Consumer(consumerPath, sync);

sync.events$.subscribe((event) => {
  tell({ event, at: preciseNow() } satisfies HostTold);
});
sync.status$.subscribe((status) => {
  tell({ status } satisfies HostTold);
});

const calls = {
  /** Resolves when live, with the place that the consumer went on from. */
  start: async () => {
    const resumedFrom = consumer.cursor;
    const started = await sync.start();
    if (started.isErr()) throw started.error;
    await consumer.follow();
    return { status: started.value, resumedFrom };
  },
  availability: async (filter: AvailabilityFilter) => {
    const answer = await sync.availability(filter);
    if (answer.isErr()) throw answer.error;
    return answer.value;
  },
  watchSlot: async (slot: SlotInput) => {
    sync.watchSlot(slot).subscribe((answer) => {
      tell({ slot: answer, at: preciseNow() } satisfies HostTold);
    });
  },
  book: async ({ slot, key, patient }: BookCall): Promise<BookAnswer> => {
    const booked = await sync.book({ slot, idempotencyKey: key, details: { patient } });
    return booked.isOk() ? { result: 'booked', id: booked.value.row.id } : { result: booked.error.code };
  },
  outcome: async (key: string): Promise<BookAnswer> => {
    const outcome = await sync.outcome(key);
    if (outcome.isErr()) return { result: outcome.error.code };
    return 'row' in outcome.value ? { result: 'booked', id: outcome.value.row.id } : { result: outcome.value.result };
  },
  snapshot: async () => {
    const snapshot = await sync.snapshot();
    if (snapshot.isErr()) throw snapshot.error;
    return snapshot.value.rows.map(({ row }) => row);
  },
  stop: () => sync.stop(),
};
export type HostCalls = typeof calls;

serve(calls);
