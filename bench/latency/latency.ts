import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DEFAULT_PUSH_CHANNEL } from '../../src/adapters/postgres/options.js';
import { installPostgresPush, postgresAdapter, removePostgresPush } from '../../src/adapters/postgres/index.js';
import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import { sharedMysql } from '../../test/servers/mysql.js';
import { sharedPostgres } from '../../test/servers/postgres.js';
import type { Order } from '../impact/receptionist.js';
import type { Line, Part, PartTools } from '../part.js';
import { summarize, type Summary } from '../statistics.js';
import { LAST_ID, mysqlClinic, PAST_ROWS, postgresClinic, SCHEMA, sqliteClinic } from './clinics.js';
import { listenByHand, listenByLibrary, type Listener } from './listeners.js';
import { startWriter, type Writer } from './write.js';

interface Pace {
  readonly blocks: number;
  /** Left out of the figures: what is prepared, compiled and cached is so in a process that runs for weeks. */
  readonly warmUp: number;
  readonly count: number;
  /** Least and most ms before each commit. */
  readonly gap: readonly [least: number, most: number];
}

const STEADY: Pace = { blocks: 4, warmUp: 5, count: 50, gap: [20, 200] };
const BUSY: Pace = { ...STEADY, blocks: 1, warmUp: 0 };
/** So few commits after each start that the looks which they cause stay within the budget of the clinic's time. */
const QUIET: Pace = { blocks: 10, warmUp: 0, count: 3, gap: [500, 800] };

/** How long an event is waited for; one that does not come counts as having taken this long. */
const PATIENCE_MS = 15_000;

/** Ids go on from block to block. */
class Course {
  private written = 0;

  constructor(
    private readonly writer: Writer,
    private readonly progress: PartTools['progress'],
  ) {}

  close(): void {
    this.writer.close();
  }

  /** Has the writer commit blocks of rows and answers how long each was on its way, in ms. */
  async blocks(name: string, pace: Pace, open: () => Promise<Listener>): Promise<number[][]> {
    const all: number[][] = [];
    for (let i = 0; i < pace.blocks; i++) all.push(await this.block(pace, open));
    this.progress(`${name}: p50 ${summarize(all).p50.toFixed(2)} ms`);
    return all;
  }

  private async block({ warmUp, count, gap }: Pace, open: () => Promise<Listener>): Promise<number[]> {
    const listener = await open();
    // The start has a look of its own to follow it.
    await sleep(500);
    if (warmUp > 0) await this.run(listener, warmUp, gap);
    const latencies = await this.run(listener, count, gap);
    await listener.close();
    return latencies;
  }

  private async run(listener: Listener, count: number, gap: Pace['gap']): Promise<number[]> {
    const [firstNew, firstOld] = [LAST_ID + 1 + this.written, PAST_ROWS + 1 + this.written];
    this.written += count;
    const written = await this.writer.write({ firstNew, firstOld, count, gap });
    const deadline = performance.now() + PATIENCE_MS;
    while (!written.every(([id]) => listener.heard.has(id)) && performance.now() < deadline) await sleep(5);
    return written.map(([id, at]) => Math.min((listener.heard.get(id) ?? Number.POSITIVE_INFINITY) - at, PATIENCE_MS));
  }
}

const line = (name: string, summary: Summary, bars: Line['bars']): Line => ({ name, unit: 'ms', ...summary, bars });
const bar = (what: string, measured: number, limit: number) => ({ what, measured, limit });

/** How long after the clinic's commit the event is there; the writer is another process. */
export const latency: Part = async ({ progress }) => {
  const server = await sharedPostgres();
  if (!server) throw new Error('This part needs a Postgres server.');
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-bench-'));
  try {
    progress('filling the clinics');
    const postgres = await onPostgres(server.url, folder, progress);
    const mariadb = await onMysql(folder, progress);
    const sqlite = await onSqlite(folder, progress);
    return {
      title: 'From the clinic’s commit to the event',
      lines: [...postgres.lines, ...mariadb.lines, sqlite.line],
      notes: [
        '200,000 past and 13,000 future rows; one insert, edit or deletion (in turn) every 20 to 200 ms unless said otherwise, by a process of its own, counted from the middle between sending the statement and its return: somewhere there it was committed.',
        'A durable mirror commits each event to disk before it tells it. The hand-written client keeps nothing, so push is measured against it with the default mirror, in memory.',
        'Read-only, quiet: three commits after each start, half a second and more apart. Nine commits a second are beyond what looks may cost the clinic (2 % of its time), so looks wait.',
        'An event that had not come 15 s after the last commit of its block counts as 15,000 ms.',
        'The ratios compare blocks that took turns in one run, by the same trigger.',
      ],
      versions: { Postgres: postgres.version, MariaDB: mariadb.version, SQLite: sqlite.version },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.stop();
  }
};

async function onPostgres(
  serverUrl: string,
  folder: string,
  progress: PartTools['progress'],
): Promise<{ lines: Line[]; version: string }> {
  const { admin, adminUrl, readerUrl, version, drop } = await postgresClinic(serverUrl);
  await admin.query('create table elsewhere (n int)');
  const course = new Course(await startWriter({ url: adminUrl }), progress);
  const owner = { connection: adminUrl, schema: SCHEMA };
  const library = (push: 'off' | 'trigger', mirror: 'memory' | 'durable') => () =>
    listenByLibrary(
      postgresAdapter({ connection: readerUrl, schema: SCHEMA, push }),
      mirror === 'memory' ? undefined : join(folder, `${push}.mirror`),
      push === 'off' ? 'pulse' : 'push',
    );
  const [byHand, pushed, pushedDurably]: [number[][], number[][], number[][]] = [[], [], []];
  const installed = await installPostgresPush(owner);
  if (installed.isErr()) throw installed.error;
  const turn = { ...STEADY, blocks: 1 };
  for (let i = 0; i < STEADY.blocks; i++) {
    byHand.push(...(await course.blocks('by hand', turn, () => listenByHand(readerUrl, DEFAULT_PUSH_CHANNEL))));
    pushed.push(...(await course.blocks('push', turn, library('trigger', 'memory'))));
    pushedDurably.push(...(await course.blocks('push, durable', turn, library('trigger', 'durable'))));
  }
  const removed = await removePostgresPush(owner);
  if (removed.isErr()) throw removed.error;
  const quiet = summarize(await course.blocks('read-only, quiet', QUIET, library('off', 'durable')));
  const busy = summarize(await course.blocks('read-only, nine commits a second', BUSY, library('off', 'durable')));
  const beside = await disturbed(adminUrl, () =>
    course.blocks('read-only, neighbours', QUIET, library('off', 'durable')),
  );
  course.close();
  await drop();
  const [hand, push] = [summarize(byHand), summarize(pushed)];
  return {
    version,
    lines: [
      line('Postgres, LISTEN and a read by hand', hand, []),
      line('Postgres, push', push, [
        bar('p50 ≤ 2× by hand', push.p50 / hand.p50, 2),
        bar('p99 ≤ 4× by hand', push.p99 / hand.p99, 4),
      ]),
      line('Postgres, push, durable mirror', summarize(pushedDurably), []),
      line('Postgres, read-only login, quiet', quiet, [
        bar('p50 ≤ 50 ms', quiet.p50, 50),
        bar('p99 ≤ 250 ms', quiet.p99, 250),
      ]),
      line('Postgres, read-only login, nine commits a second', busy, []),
      line('Postgres, read-only login, 50 unrelated commits a second', beside, neighbourBars(beside)),
    ],
  };
}

const neighbourBars = ({ p50, p99 }: Summary): Line['bars'] => [
  bar('p50 ≤ 500 ms', p50, 500),
  bar('p99 ≤ 2,000 ms', p99, 2_000),
];

/** While somebody else writes to a table that is not mapped, fifty times a second. */
async function disturbed(adminUrl: string, work: () => Promise<number[][]>): Promise<Summary> {
  const neighbour = fork(join(import.meta.dirname, '../impact/receptionist.ts'), [adminUrl]);
  await once(neighbour, 'message');
  neighbour.send({ type: 'neighbour', perSecond: 50 } satisfies Order);
  const summary = summarize(await work());
  neighbour.disconnect();
  return summary;
}

async function onMysql(folder: string, progress: PartTools['progress']): Promise<{ lines: Line[]; version: string }> {
  const server = await sharedMysql();
  if (!server) throw new Error('This part needs a MariaDB server.');
  const { admin, adminUrl, readerUrl, version, drop } = await mysqlClinic(server.url);
  await admin.query('create table elsewhere (n int)');
  const course = new Course(await startWriter({ url: adminUrl }), progress);
  const library = () =>
    listenByLibrary(mysqlAdapter({ connection: readerUrl, schema: SCHEMA }), join(folder, 'mysql.mirror'), 'pulse');
  const quiet = summarize(await course.blocks('MariaDB, quiet', QUIET, library));
  const beside = await disturbed(adminUrl, () => course.blocks('MariaDB, neighbours', QUIET, library));
  course.close();
  await drop();
  await server.stop();
  return {
    version,
    lines: [
      line('MariaDB, read-only login, quiet', quiet, [
        bar('p50 ≤ 50 ms', quiet.p50, 50),
        bar('p99 ≤ 250 ms', quiet.p99, 250),
      ]),
      line('MariaDB, read-only login, 50 unrelated commits a second', beside, neighbourBars(beside)),
    ],
  };
}

async function onSqlite(folder: string, progress: PartTools['progress']): Promise<{ line: Line; version: string }> {
  const { path, version, drop } = await sqliteClinic();
  const course = new Course(await startWriter({ path }), progress);
  const library = () => listenByLibrary(sqliteAdapter({ path, schema: SCHEMA }), join(folder, 'sqlite.mirror'), 'push');
  const summary = summarize(await course.blocks('sqlite', STEADY, library));
  course.close();
  await drop();
  return { version, line: line('SQLite, read-only', summary, [bar('p50 ≤ 50 ms', summary.p50, 50)]) };
}
