import { Client } from 'pg';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import type { Capture } from '../../src/domain/status.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { clockNow } from './write.js';

/** Somebody who wants to know of changed rows. */
export interface Listener {
  /** When each id was heard of. */
  readonly heard: ReadonlyMap<number, number>;
  close(): Promise<void>;
}

/** What is measured: the host's event stream, with every default; `mirror` is the path of a durable one. */
export async function listenByLibrary(
  adapter: ClinicAdapter,
  mirror: string | undefined,
  capture: Capture,
): Promise<Listener> {
  const heard = new Map<number, number>();
  const durable = mirror === undefined ? {} : { mirror: sqliteMirror({ path: mirror }) };
  const sync = new ClinicSync({ clinicId: 'bench', adapter, ...durable });
  sync.events$.subscribe((event) => {
    if (event.type === 'appointment.created' || event.type === 'appointment.deleted')
      heard.set(Number(event.row.id), clockNow());
  });
  const started = await sync.start();
  if (started.isErr()) throw started.error;
  if (started.value.phase !== 'live' || started.value.capture !== capture) {
    throw new Error(`It is ${started.value.phase}, by ${String(started.value.capture)}.`);
  }
  return { heard, close: () => sync.stop() };
}

/** What a careful developer writes by hand where triggers may be made: LISTEN, and a read of each row that is named. */
export async function listenByHand(url: string, channel: string): Promise<Listener> {
  const heard = new Map<number, number>();
  const [listener, reader] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  await Promise.all([listener.connect(), reader.connect()]);
  listener.on('notification', ({ payload = '' }) => {
    const { ids } = JSON.parse(payload) as { ids: string[] };
    const text = 'select id, doctor, room, starts::text, ends::text from appt where id = $1';
    for (const id of ids) {
      // No row is what a deletion looks like.
      void reader.query({ name: 'row', text, values: [id] }).then(() => heard.set(Number(id), clockNow()));
    }
  });
  await listener.query(`listen ${channel}`);
  return {
    heard,
    close: async () => {
      await Promise.all([listener.end(), reader.end()]);
    },
  };
}
