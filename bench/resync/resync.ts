import { startOwnServer } from '../../test/servers/postgres.js';
import { SIZES } from '../clinics/sizes.js';
import { versionOf } from '../clinics/version.js';
import type { Line, Part, PartTools } from '../part.js';
import { summarize } from '../statistics.js';
import { everything, scattered } from './changes.js';
import { Ground, type Cost } from './ground.js';

const DIFFERENCES = [0, 1, 10, 100, 1_000, 10_000];
const ROUNDS = 3;
const MBIT = 1_000_000 / 8;
const RANDOM_SEED = 7;

/** Roads by what they are called; half of the round trip each way. */
const OFFICE = { delayMs: 25, bytesPerSecond: 10 * MBIT };
const RURAL = { delayMs: 125, bytesPerSecond: MBIT, loss: 0.01, againMs: 250 };

export const resync: Part = async ({ progress }) => {
  const server = await startOwnServer();
  if (!server) throw new Error('This part needs the binaries of a Postgres server.');
  try {
    const large = await onXl(server.url, progress);
    const rural = await onRural(server.url, progress);
    const whole = await onEverything(server.url, progress);
    return {
      title: 'What an outage costs afterwards, Postgres',
      lines: [...large, ...rural, ...whole],
      notes: [
        'XL: 260,000 future and 4,000,000 past appointments, 20,800 sessions; M: 13,000, 200,000 and 1,040. The road is cut, rows are edited, deleted and added (a third each, all over the future), and the road mended. From the connection to `resync.completed`, through a proxy that counts. A durable mirror.',
        'Bytes of both directions; round trips as the proxy sees them; server time as the kernel’s scheduler counts it for our backends. A scan is what the server needs for a whole copy.',
        'The ratios compare with the first copy of the same run over the same road.',
        `Roads: 10 Mbit/s with a round trip of 50 ms; 1 Mbit/s with 250 ms, of whose packets one in a hundred comes 250 ms late (seed ${String(RANDOM_SEED)}).`,
        'By hand: `select` of the same columns of the whole future, which a team that polls would run every minute and compare.',
      ],
      versions: { Postgres: await versionOf(server.url) },
    };
  } finally {
    await server.stop();
  }
};

async function onXl(serverUrl: string, progress: PartTools['progress']): Promise<Line[]> {
  progress('filling XL');
  const ground = await Ground.open(serverUrl, SIZES.XL);
  const { sync, copy } = await ground.start('loopback');
  progress(`copy: ${text(copy)}`);
  const byHand = await pollByHand(ground);
  const lines: Line[] = [
    line('XL, first copy', [copy], [], { curve: 'a copy' }),
    {
      name: 'XL, the whole future by hand, once',
      unit: 'kB',
      ...summarize([[byHand / 1_000]]),
      bars: [],
      point: { curve: 'one poll by hand', bytes: byHand },
    },
  ];
  let salt = 0;
  for (const differences of DIFFERENCES) {
    const costs: Cost[] = [];
    for (let round = 0; round < ROUNDS; round++) costs.push(await ground.outage(sync, scattered(differences, ++salt)));
    progress(`${String(differences)} differences: ${costs.map(text).join('; ')}`);
    const { bytes, trips, serverMs } = median(costs);
    const bars =
      differences === 100
        ? [
            { what: '≤ 1 % of a copy’s bytes', measured: (100 * bytes) / copy.bytes, limit: 1 },
            { what: '≤ 4 round trips', measured: trips, limit: 4 },
            { what: '≤ 1.5× a scan’s server time', measured: serverMs / copy.serverMs, limit: 1.5 },
          ]
        : [];
    lines.push(line(`XL, ${String(differences)} differences`, costs, bars, { curve: 'a resync', differences }));
  }
  await sync.stop();

  ground.become(OFFICE);
  const slow = await ground.start('office');
  progress(`copy at 10 Mbit/s: ${text(slow.copy)}`);
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) costs.push(await ground.outage(slow.sync, scattered(100, ++salt)));
  const bar = { what: '≤ 1/20 of a copy’s time', measured: median(costs).ms / slow.copy.ms, limit: 1 / 20 };
  lines.push(line('XL, 10 Mbit/s, first copy', [slow.copy]), line('XL, 10 Mbit/s, 100 differences', costs, [bar]));
  progress(`100 differences at 10 Mbit/s: ${costs.map(text).join('; ')}`);
  await slow.sync.stop();
  await ground.close();
  return lines;
}

async function onRural(serverUrl: string, progress: PartTools['progress']): Promise<Line[]> {
  const ground = await Ground.open(serverUrl, SIZES.M);
  let state = RANDOM_SEED;
  // The generator of Park and Miller (1988): any will do, as long as it is the same each time.
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  ground.become({ ...RURAL, random });
  const { sync, copy } = await ground.start('rural');
  progress(`M, copy at 1 Mbit/s: ${text(copy)}`);
  const lines = [line('M, 1 Mbit/s, first copy', [copy])];
  let salt = 0;
  for (const differences of [0, 10, 100]) {
    const costs: Cost[] = [];
    for (let round = 0; round < ROUNDS; round++) costs.push(await ground.outage(sync, scattered(differences, ++salt)));
    progress(`M, ${String(differences)} differences at 1 Mbit/s: ${costs.map(text).join('; ')}`);
    lines.push(line(`M, 1 Mbit/s, ${String(differences)} differences`, costs));
  }
  await sync.stop();
  await ground.close();
  return lines;
}

async function onEverything(serverUrl: string, progress: PartTools['progress']): Promise<Line[]> {
  const ground = await Ground.open(serverUrl, SIZES.L);
  const { sync, copy } = await ground.start('everything');
  const cost = await ground.outage(sync, everything);
  progress(`L, everything differs: ${text(cost)}; copy ${text(copy)}`);
  await sync.stop();
  await ground.close();
  return [
    line('L, first copy', [copy]),
    line(
      'L, everything differs',
      [cost],
      [
        { what: '≤ 1.15× a copy’s bytes', measured: cost.bytes / copy.bytes, limit: 1.15 },
        { what: '≤ 1.15× a copy’s time', measured: cost.ms / copy.ms, limit: 1.15 },
      ],
    ),
  ];
}

/** The bytes of one poll by hand. */
async function pollByHand(ground: Ground): Promise<number> {
  const before = ground.traffic.toClient;
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: ground.address });
  await client.connect();
  await client.query(
    'select id, doctor, room, starts, ends from appt where starts >= current_date union all select id, doctor, room, starts, ends from sess where starts >= current_date',
  );
  await client.end();
  return ground.traffic.toClient - before;
}

function line(
  name: string,
  costs: readonly Cost[],
  bars: Line['bars'] = [],
  point: { readonly curve?: string; readonly differences?: number } = {},
): Line {
  const { bytes, trips, serverMs, read, ms: middle } = median(costs);
  const about = `${(bytes / 1_000).toFixed(0)} kB, ${String(trips)} round trips, ${serverMs.toFixed(0)} ms of the server, ${String(read)} rows read`;
  const summary = summarize(costs.map(({ ms }) => [ms]));
  return {
    name: `${name}: ${about}`,
    unit: 'ms',
    ...summary,
    bars,
    point: { ...point, bytes, trips, serverMs, ms: middle },
  };
}

/** By time. */
function median(costs: readonly Cost[]): Cost {
  const [middle] = [...costs].sort((a, b) => a.ms - b.ms).slice(Math.floor(costs.length / 2));
  if (!middle) throw new Error('nothing was measured');
  return middle;
}

const text = ({ bytes, trips, ms, serverMs, read }: Cost) =>
  `${(bytes / 1_000).toFixed(0)} kB, ${String(trips)} trips, ${ms.toFixed(0)} ms, server ${serverMs.toFixed(0)} ms, ${String(read)} rows`;
