import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import { ClinicSync, type ClinicSyncOptions } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { SLOTS, slotOf } from '../../test/booking/practice.js';
import { postgresPractice } from '../../test/booking/practice-postgres.js';
import { sharedPostgres } from '../../test/servers/postgres.js';
import type { Line, Part } from '../part.js';
import { summarize } from '../statistics.js';

const BLOCKS = 4;
const PER_BLOCK = 100;
const WARM_UP = 20;

/** What a team writes that knows of the problem: the guard in the statement, with a prepared statement on one connection. */
const BY_HAND = `insert into appointments (doctor, starts, ends, source)
  select $1::int, $2::bigint, $3::bigint, 'online'
  where not exists (select from appointments where doctor = $1::int and starts < $3::bigint and ends > $2::bigint
    and starts > $2::bigint - 2678400000)
  returning id`;

type Way = (nth: number) => Promise<void>;

/** Free slots, one after the other. */
export const booking: Part = async ({ progress }) => {
  const server = await sharedPostgres();
  if (!server) throw new Error('No Postgres server.');
  const clinic = await postgresPractice(server.url);
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-bench-'));
  const client = new Client({ connectionString: clinic.writerUrl });
  await client.connect();
  const open: ClinicSync[] = [];
  const host = async (clinicId: string, mirror?: ClinicSyncOptions['mirror']) => {
    const sync = new ClinicSync({ clinicId, adapter: clinic.adapter(), ...(mirror && { mirror }) });
    open.push(sync);
    const started = await sync.start();
    if (started.isErr()) throw started.error;
    return async (nth: number) => {
      const booked = await sync.book({ slot: slotOf(nth), idempotencyKey: `${clinicId}-${String(nth)}` });
      if (booked.isErr()) throw booked.error;
    };
  };
  const byHand = async (nth: number) => {
    const { practitionerId, start, end } = slotOf(nth);
    const { rowCount } = await client.query({ name: 'book', text: BY_HAND, values: [practitionerId, start, end] });
    if (rowCount !== 1) throw new Error('taken');
  };
  const byHandAndAgain = async (nth: number) => {
    await byHand(nth);
    await client.query('select 1');
  };
  const ways: [name: string, way: Way][] = [
    ['a guarded statement by hand', byHand],
    ['one more round trip by hand', byHandAndAgain],
    ['book(), mirror in memory', await host('memory')],
    ['book(), durable mirror', await host('durable', sqliteMirror({ path: join(folder, 'mirror') }))],
  ];
  const samples = ways.map((): number[][] => []);
  let nth = 0;
  for (let block = 0; block < BLOCKS; block++) {
    for (const [i, [name, way]] of ways.entries()) {
      const times: number[] = [];
      for (let one = -WARM_UP; one < PER_BLOCK; one++) {
        const began = performance.now();
        // Far from each other, so that no two are neighbours.
        await way((++nth * 7) % SLOTS);
        if (one >= 0) times.push(performance.now() - began);
      }
      samples[i]?.push(times);
      progress(`${name}, block ${String(block + 1)} of ${String(BLOCKS)}`);
    }
  }
  await Promise.all(open.map((sync) => sync.stop()));
  await client.end();
  const version = await clinic.version();
  await clinic.dispose();
  await rm(folder, { recursive: true, force: true });
  await server.stop();
  const lines = ways.map(([name], i): Line => ({ name, unit: 'ms', ...summarize(samples[i] ?? []), bars: [] }));
  return {
    title: 'What a booking costs, Postgres on loopback',
    lines,
    notes: [
      'Each line books free slots one after the other, in turn with the others, from one process on one connection each.',
      '`book()` makes one statement that inserts and returns the row, and one that reads the practitioner’s time again: one round trip more than the statement by hand; and two commits of the mirror, before anything is sent and with the outcome.',
      'Two mirrors watch the clinic meanwhile, and take in what the other lines book.',
    ],
    versions: { Postgres: version },
  };
};
