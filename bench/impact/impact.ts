import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ClinicSync } from '../../src/clinic-sync.js';
import { systemRuntime } from '../../src/engine/runtime.js';
import { LAST_ID } from '../latency/clinics.js';
import type { Line, Part, PartTools } from '../part.js';
import { percentile, summarize } from '../statistics.js';
import { mysqlGround, postgresGround, type ImpactGround } from './grounds.js';
import type { Order } from './receptionist.js';

const ROUNDS = 4;
const INSERTS = 150;
const GAP_MS = 20;
/** One reading of the server's accounts. */
const WINDOW_S = 5;
const WINDOWS = 6;
/** A first copy and its trailing look are over by then. */
const SETTLED_MS = 3_000;
const NEIGHBOUR_PER_S = 50;
const QUIET_MS = 11 * 60_000;

/** What the clinic feels of us. */
export const impact: Part = async ({ progress }) => {
  const grounds = [await postgresGround(), await mysqlGround()].filter((ground) => ground !== undefined);
  const lines: Line[] = [];
  for (const ground of grounds) {
    try {
      lines.push(...(await measure(ground, progress)));
    } finally {
      await ground.close();
    }
  }
  return {
    title: 'What the clinic feels of us',
    lines,
    notes: [
      `200,000 past and 13,000 future rows, a login that only reads, every default. A receptionist in a process of her own inserts a row every ${GAP_MS} ms or so; blocks of ${INSERTS} inserts without us, without us once more, and with us take turns.`,
      'The bar is the range that the blocks without us have among themselves: with us must not be slower than their slowest by more than a tenth.',
      'Server time: Postgres as the kernel’s scheduler counts it for our backends, because Postgres counts a backend that sleeps as active; MariaDB by its own (`userstat`, `cpu_time` of our login).',
      'After ten minutes in which nobody asked and nothing changed pulses come five times a second instead of twenty-five, and a server that waits for us looks ten times a second instead of a hundred. The ten minutes pass at once here.',
      `Unrelated commits: ${NEIGHBOUR_PER_S} a second to a table that is not mapped. 2 % of a processor is 20 ms a second.`,
    ],
    versions: Object.fromEntries(grounds.map(({ name, version }) => [name, version])),
  };
};

async function measure(ground: ImpactGround, progress: PartTools['progress']): Promise<Line[]> {
  const desk = await receptionist(ground.adminUrl);
  const neighbour = await receptionist(ground.adminUrl);
  let first = LAST_ID + 1;
  const block = async () => {
    const took = await desk.insert({ type: 'insert', first, count: INSERTS, gapMs: GAP_MS });
    first += INSERTS;
    return took;
  };
  const [without, again, withUs]: [number[][], number[][], number[][]] = [[], [], []];
  await block();
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await block());
    again.push(await block());
    const sync = await started(ground);
    withUs.push(await block());
    await sync.stop();
    progress(`${ground.name}: round ${round + 1}`);
  }
  let passed = 0;
  const quiet = await started(ground, { ...systemRuntime, monotonic: () => systemRuntime.monotonic() + passed });
  passed = QUIET_MS;
  // What is due every ten minutes is due now.
  await sleep(SETTLED_MS);
  const atRest = await serverTime(ground);
  await quiet.stop();
  const sync = await started(ground);
  const rest = await serverTime(ground);
  progress(`${ground.name}: at rest ${percentile(rest, 0.5).toFixed(1)} ms/s`);
  neighbour.send({ type: 'neighbour', perSecond: NEIGHBOUR_PER_S });
  await sleep(SETTLED_MS);
  const busy = await serverTime(ground);
  progress(`${ground.name}: with unrelated commits ${percentile(busy, 0.5).toFixed(1)} ms/s`);
  neighbour.send({ type: 'rest' });
  await sync.stop();
  desk.close();
  neighbour.close();
  const [a, b, ours] = [summarize(without), summarize(again), summarize(withUs)];
  const slowest = Math.max(a.spread[1], b.spread[1]);
  const line = (
    what: string,
    unit: string,
    summary: Omit<Line, 'name' | 'unit' | 'bars'>,
    bars: Line['bars'] = [],
  ) => ({
    name: `${ground.name}, ${what}`,
    unit,
    ...summary,
    bars,
  });
  return [
    line('insert without us', 'ms', a),
    line('insert without us, once more', 'ms', b),
    line('insert with us', 'ms', ours, [
      { what: 'p50 ≤ 1.1× the slowest block without', measured: ours.p50 / slowest, limit: 1.1 },
    ]),
    line('server time at rest, after ten quiet minutes', 'ms/s', summarize([atRest]), [
      { what: '≤ 5 ms/s', measured: percentile(atRest, 0.5), limit: 5 },
    ]),
    line('server time while people book', 'ms/s', summarize([rest])),
    line(`server time with ${NEIGHBOUR_PER_S} unrelated commits a second`, 'ms/s', summarize([busy]), [
      { what: '≤ 20 ms/s', measured: percentile(busy, 0.5), limit: 20 },
    ]),
  ];
}

async function started(ground: ImpactGround, runtime = systemRuntime): Promise<ClinicSync> {
  const sync = new ClinicSync({ clinicId: 'impact', adapter: ground.adapter(), runtime });
  const answer = await sync.start();
  if (answer.isErr()) throw answer.error;
  await sleep(SETTLED_MS);
  return sync;
}

async function serverTime(ground: ImpactGround): Promise<number[]> {
  const perSecond: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const [before, began] = [await ground.usedMs(), performance.now()];
    await sleep(WINDOW_S * 1_000);
    const used = (await ground.usedMs()) - before;
    perSecond.push(Math.max(0, used) / ((performance.now() - began) / 1_000));
  }
  return perSecond;
}

interface Receptionist {
  insert(order: Order): Promise<number[]>;
  send(order: Order): void;
  close(): void;
}

async function receptionist(url: string): Promise<Receptionist> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'receptionist.ts'), [url]);
  await once(child, 'message');
  return {
    insert: async (order) => {
      child.send(order);
      const [took] = (await once(child, 'message')) as [number[]];
      return took;
    },
    send: (order) => child.send(order),
    close: () => child.disconnect(),
  };
}
