import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { buildHost } from '../kill/build.js';
import { nemesis, type Figures } from './campaign.js';
import { GROUNDS } from './grounds.js';

const USAGE = `npm run nemesis -- [options]
  --engine sqlite|postgres|mysql   whose clinic (default: sqlite)
  --minutes M                for how long things go wrong (default: 2)
  --only TEXT                only faults whose name contains this
  --seed S                   where chance begins (default: drawn); an odd one gives SQLite a rollback journal`;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    minutes: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    help: { type: 'boolean', default: false },
  },
});

function summary(figures: Figures): string {
  const { faults, liveMs, checks, events, conflicts, deskWrites, outcomes, missing, violations } = figures;
  const ms = (value: number | undefined) => `${Math.round(value ?? Number.NaN)}`.padStart(6);
  const lines = [...liveMs].map(([name, times]) => {
    const sorted = [...times].sort((a, b) => a - b);
    return `${String(times.length).padStart(5)}  ${name.padEnd(24)} live again: p50 ${ms(sorted[sorted.length >> 1])}, longest ${ms(sorted.at(-1))} ms`;
  });
  return [
    ...lines.sort().reverse(),
    ...Object.entries(outcomes).map(([what, count]) => `${String(count).padStart(5)}  ${what}`),
    ...missing.map((what) => `not tried here: ${what}`),
    ...violations.slice(0, 20).map((text) => `BROKEN ${text}`),
    `${deskWrites} writes at the desk, ${events} events told, ${conflicts} conflicts told, ${checks} times table = mirror = consumer`,
    `${faults} faults, ${violations.length} promises broken`,
  ].join('\n');
}

async function main(): Promise<boolean> {
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const ground = await GROUNDS[values.engine]?.(seed);
  if (!ground) {
    console.log('No server that could be killed was found: apt-get install postgresql mariadb-server');
    return false;
  }
  console.log(`${minutes} minutes of nemesis at ${ground.described}, seed ${seed}`);
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`;
  try {
    const figures = await nemesis({
      ground,
      host: await buildHost(join(import.meta.dirname, 'host.ts')),
      minutes,
      seed,
      only: values.only,
      onFault: (name, liveMs) => process.stderr.write(`  ${seconds()}: ${name}, live after ${Math.round(liveMs)} ms\n`),
    });
    console.log(summary(figures));
    console.log(seconds());
    return figures.violations.length === 0;
  } finally {
    await ground.close();
  }
}

const known = Object.hasOwn(GROUNDS, values.engine);
if (values.help || !known) console.log(USAGE);
process.exitCode = values.help ? 0 : known && (await main()) ? 0 : 1;
