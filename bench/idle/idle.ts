import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Line, Part } from '../part.js';
import type { Measured } from './measure.js';
import type { Order } from './process.js';

const SIZES = [100, 1_000, 5_000];
const REAL = 100;
const MAX_KILOBYTES = 100;
const MAX_CPU = 10;

/** A process of its own for each measurement, so that none is charged with what another has left behind. */
async function measured(order: Order): Promise<Measured> {
  const child = fork(join(import.meta.dirname, 'process.ts'), { execArgv: [...process.execArgv, '--expose-gc'] });
  child.send(order);
  const outcome = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (typeof outcome[0] !== 'object') throw new Error('The process ended before it had measured anything.');
  await once(child, 'exit');
  return outcome[0] as Measured;
}

const bar = (what: string, value: number, limit: number) => ({ what, measured: value, limit });

/** All that was seen is few, so the highest stands for the tail. */
function line(name: string, unit: string, values: readonly number[], bars: Line['bars'] = []): Line {
  const sorted = [...values].sort((a, b) => a - b);
  const [lowest = 0, highest = 0] = [sorted[0], sorted.at(-1)];
  const p50 = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return { name, unit, samples: values.length, p50, p95: highest, p99: highest, spread: [lowest, highest], bars };
}

/** What clinics cost at which nothing happens, in one process. */
export const idle: Part = async ({ progress }) => {
  const lines: Line[] = [];
  for (const clinics of SIZES) {
    const isLargest = clinics === SIZES.at(-1);
    for (const awaitPulse of [false, true]) {
      const way = awaitPulse ? 'the servers wait' : 'polled';
      const name = `${clinics.toLocaleString('en')} clinics, ${way}`;
      const ours = await measured({ clinics, what: 'fleet', awaitPulse });
      progress(`${name}: ${ours.kilobytes.toFixed(1)} KB each, ${ours.cpu.map((cpu) => cpu.toFixed(1)).join(', ')} %`);
      const cpu = line(`${name}: of a core`, '%', ours.cpu);
      const memory = ours.kilobytes;
      lines.push(
        line(
          `${name}: memory of ours, each`,
          'KB',
          [memory],
          isLargest ? [bar('≤ 100 KB', memory, MAX_KILOBYTES)] : [],
        ),
        { ...cpu, bars: isLargest ? [bar('p50 ≤ 10 %', cpu.p50, MAX_CPU)] : [] },
        line(`${name}: pulses`, '/s', [ours.pulsesPerSecond]),
        line(`${name}: all calls to the clinics`, '/s', [ours.callsPerSecond]),
        line(`${name}: until all are copied and live`, 'ms', [ours.upMs]),
      );
      if (!isLargest || awaitPulse) continue;
      const { callsPerSecond } = ours;
      const byHand = line('', '%', (await measured({ clinics, what: 'by-hand', awaitPulse, callsPerSecond })).cpu);
      lines.push({ ...byHand, name: `${clinics.toLocaleString('en')} timers and as many calls by hand: of a core` });
    }
  }
  for (const [what, engine] of Object.entries({ sqlite: 'SQLite files', postgres: 'schemas of a Postgres server' })) {
    const name = `${REAL} ${engine}`;
    const ours = await measured({ clinics: REAL, what: what as 'sqlite' | 'postgres', awaitPulse: false });
    progress(`${name}: ${ours.kilobytes.toFixed(1)} KB each, ${ours.cpu.map((cpu) => cpu.toFixed(1)).join(', ')} %`);
    lines.push(
      line(`${name}: memory, each`, 'KB', [ours.kilobytes]),
      line(`${name}: of a core`, '%', ours.cpu),
      line(`${name}: all calls to the clinics`, '/s', [ours.callsPerSecond]),
      line(`${name}: until all are copied and live`, 'ms', [ours.upMs]),
    );
  }
  return {
    title: 'Idle clinics in one process',
    lines,
    notes: [
      'A fleet over one SQLite mirror; each clinic has 40 appointments and 20 sessions. They are simulated in the same process and answer at once, so nothing of a driver is measured.',
      'Nothing happened for ten minutes (by the clinics’ clock), and nobody asks. Beside the pulses each clinic has a heartbeat every 5 s, and a comparison by digests every 10 s, which asks for three or four readings.',
      'Memory is heap and buffers after a full collection, less what was there before. CPU is of all threads of the process, in windows of 10 s, in which each clinic is compared once. It grows with what else the machine does: the calls by hand, which do nothing with their answers, are measured in the same run to compare with.',
      `The last ${REAL} are real databases with 40 appointments each, and what their drivers take is in it; the servers’ own time is not.`,
      'Where the servers wait, each wait has a timer of the simulated server’s in the same process, which is charged as well.',
    ],
    versions: {},
  };
};
