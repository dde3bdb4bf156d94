import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { installPostgresPush, postgresAdapter } from '../../src/adapters/postgres/index.js';
import { ClinicSync, type Mirror } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { Random } from '../../src/testing/random.js';
import { startOwnServer } from '../../test/servers/postgres.js';
import { sizedPostgres } from '../clinics/postgres.js';
import { SIZED_SCHEMA, SIZES } from '../clinics/sizes.js';
import { versionOf } from '../clinics/version.js';
import type { Line, Part, PartTools } from '../part.js';
import { summarize } from '../statistics.js';

const DAY = 86_400_000;
const BLOCKS = 5;
const PER_BLOCK = 2_000;
/** Weeks that can be asked for. */
const WEEKS = 16;
const PRACTITIONERS = 100;
const WATCHERS = 1_000;
const CHANGES = 40;
const SEED = 26;

/** What is asked: a practitioner, and the week that begins so many days from now. */
type Question = readonly [practitionerId: string, day: number];

/** As fast as one thread answers. */
export const availability: Part = async ({ progress }) => {
  const server = await startOwnServer();
  if (!server) throw new Error('This part needs the binaries of a Postgres server.');
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-bench-'));
  try {
    progress('filling XL');
    const clinic = await sizedPostgres(server.url, SIZES.XL);
    const installed = await installPostgresPush({ connection: clinic.adminUrl, schema: SIZED_SCHEMA });
    if (installed.isErr()) throw installed.error;
    const path = join(folder, 'mirror');
    const lines: Line[] = [];
    const host = async (mirror?: Mirror) => {
      const sync = new ClinicSync({
        clinicId: 'availability',
        adapter: postgresAdapter({ connection: clinic.readerUrl, schema: SIZED_SCHEMA, push: 'trigger' }),
        ...(mirror && { mirror }),
      });
      const started = await sync.start();
      if (started.isErr()) throw started.error;
      return sync;
    };
    const durable = await host(sqliteMirror({ path }));
    lines.push(...(await queries('durable mirror', durable, progress)));
    lines.push(...(await fanOut(durable, clinic, progress)));
    await durable.stop();
    lines.push(await byHand(path, progress));
    const inMemory = await host();
    lines.push(...(await queries('mirror in memory', inMemory, progress)));
    await inMemory.stop();
    await clinic.drop();
    return {
      title: 'How fast availability is answered',
      lines,
      notes: [
        `XL: 100 practitioners, 260,000 appointments ahead. Each question is one practitioner’s week, about ninety free slots; one thread, one after the other, ${String(PER_BLOCK)} a block (seed ${String(SEED)}).`,
        'What was found is remembered until a row comes or goes there, up to 400,000 slots a clinic in ten bytes each: all that is asked for here, so that only the first time is slower. A week from any day lies in two that are remembered.',
        'By hand: two prepared statements on the mirror’s own file, of the same rows, without cutting slots.',
        `Fan-out: an insert at the clinic, and how long until the last of so many watchers of that week has its update, in push. ${String(CHANGES)} changes each.`,
      ],
      versions: { Postgres: await versionOf(server.url) },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.stop();
  }
};

async function queries(name: string, sync: ClinicSync, progress: PartTools['progress']): Promise<Line[]> {
  const random = new Random(SEED);
  const ask = async (from: number, [practitionerId, day]: Question) => {
    const span = { from: from + day * DAY, to: from + (day + 7) * DAY };
    const answer = await sync.availability({ practitionerIds: [practitionerId], ...span });
    if (answer.isErr()) throw answer.error;
  };
  const ways: [what: string, draw: () => Question, limit?: number][] = [
    ['the next week of anybody', () => [String(random.int(1, PRACTITIONERS)), 0], 10_000],
    ['any week of anybody', () => [String(random.int(1, PRACTITIONERS)), 7 * random.int(0, WEEKS - 1)], 10_000],
  ];
  const lines: Line[] = [await firstTimes(name, ask, progress)];
  for (const [what, draw, limit] of ways) {
    const rates: number[] = [];
    for (let block = -1; block < BLOCKS; block++) {
      const from = Date.now() + DAY;
      const began = performance.now();
      for (let i = 0; i < PER_BLOCK; i++) {
        await ask(from, draw());
      }
      if (block >= 0) rates.push(PER_BLOCK / ((performance.now() - began) / 1_000));
    }
    const summary = summarize(rates.map((rate) => [rate]));
    progress(`${name}, ${what}: ${summary.p50.toFixed(0)} a second`);
    const bars =
      limit === undefined ? [] : [{ what: '≥ 10,000/s, as that ÷ measured', measured: limit / summary.p50, limit: 1 }];
    lines.push({ name: `${name}, ${what}`, unit: '/s', ...summary, bars });
  }
  return lines;
}

/** Every second week of everybody, so that no two questions share one that is remembered. */
async function firstTimes(
  name: string,
  ask: (from: number, question: Question) => Promise<void>,
  progress: PartTools['progress'],
): Promise<Line> {
  const from = Date.now() + DAY;
  const rates: number[] = [];
  for (let week = 0; week < WEEKS; week += 2) {
    const began = performance.now();
    for (let id = 1; id <= PRACTITIONERS; id++) await ask(from, [String(id), 7 * week]);
    rates.push(PRACTITIONERS / ((performance.now() - began) / 1_000));
  }
  const summary = summarize(rates.map((rate) => [rate]));
  progress(`${name}, for the first time: ${summary.p50.toFixed(0)} a second`);
  return { name: `${name}, each week for the first time`, unit: '/s', ...summary, bars: [] };
}

/** What a team would ask a copy of its own: the rows of a practitioner's week. */
async function byHand(path: string, progress: PartTools['progress']): Promise<Line> {
  const db = new DatabaseSync(path, { readOnly: true });
  const { copy } = db.prepare('select copy from clinic').get() as { copy: number };
  const question = db.prepare(
    'select start, id from rows where copy = ? and stream = ? and practitioner = ? and long = 0 and start >= ? and start < ?',
  );
  const random = new Random(SEED);
  const rates: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const from = Date.now() + DAY;
    const began = performance.now();
    for (let i = 0; i < PER_BLOCK; i++) {
      const practitioner = String(random.int(1, PRACTITIONERS));
      const day = 7 * random.int(0, WEEKS - 1);
      for (const stream of [0, 1]) {
        question.all(copy, stream, practitioner, from + day * DAY, from + (day + 7) * DAY);
      }
    }
    rates.push(PER_BLOCK / ((performance.now() - began) / 1_000));
  }
  db.close();
  const summary = summarize(rates.map((rate) => [rate]));
  progress(`by hand: ${summary.p50.toFixed(0)} a second`);
  return { name: 'rows by hand from the mirror’s file, any week', unit: '/s', ...summary, bars: [] };
}

async function fanOut(
  sync: ClinicSync,
  { admin }: Awaited<ReturnType<typeof sizedPostgres>>,
  progress: PartTools['progress'],
): Promise<Line[]> {
  const lines: Line[] = [];
  const { rows } = await admin.query<{ id: number }>('select max(id) as id from appt');
  let id = Number(rows[0]?.id);
  for (const watchers of [1, WATCHERS]) {
    const target = new EventTarget();
    let waiting = 0;
    const from = Date.now() + DAY;
    const subscriptions = Array.from({ length: watchers }, () =>
      sync.watchAvailability({ practitionerIds: ['7'], from, to: from + 7 * DAY }).subscribe(({ went }) => {
        if (went.length > 0 && --waiting === 0) target.dispatchEvent(new Event('all'));
      }),
    );
    const took: number[] = [];
    for (let change = 0; change < CHANGES; change++) {
      const answer = await sync.availability({ practitionerIds: ['7'], from, to: from + 7 * DAY, limit: 1 });
      const slot = answer._unsafeUnwrap().slots[0];
      if (!slot) throw new Error('nothing is free');
      waiting = watchers;
      const all = once(target, 'all', { signal: AbortSignal.timeout(30_000) });
      const began = performance.now();
      await admin.query(
        `insert into appt values ($1, 7, 1, to_timestamp($2 / 1000.0) at time zone $4, to_timestamp($3 / 1000.0) at time zone $4)`,
        [++id, slot.start, slot.end, slot.zone],
      );
      await all;
      took.push(performance.now() - began);
    }
    for (const subscription of subscriptions) subscription.unsubscribe();
    const summary = summarize([took]);
    progress(`fan-out to ${String(watchers)}: ${summary.p50.toFixed(1)} ms`);
    lines.push({ name: `fan-out to ${String(watchers)}, until the last one`, unit: 'ms', ...summary, bars: [] });
  }
  return lines;
}
