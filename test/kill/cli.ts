import { parseArgs } from 'node:util';

import { buildHost } from './build.js';
import { campaign, type Figures } from './campaign.js';
import { deskOpener, ENGINES, serverOf, type Engine } from './engines.js';

const USAGE = `npm run test:kill -- [options]
  --engine sqlite|postgres|mysql   whose clinics (default: sqlite)
  --kills N                  how many processes are killed (default: 200)
  --seed S                   where chance begins (default: drawn)`;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    help: { type: 'boolean', default: false },
  },
});

const spread = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)} ms`;
};

function summary(figures: Figures, seconds: number): string {
  const { kills, byStage, clinics, checks, events, commits, liveMs, equalMs, violations } = figures;
  const stages = Object.entries(byStage).map(([stage, count]) => `${stage} ${count}`);
  return [
    ...violations.map((text) => `BROKEN ${text}`),
    `${kills} kills (${stages.join(', ')}) in ${clinics} clinics, ${seconds.toFixed(0)} s`,
    `${commits} transactions at the desk, ${events} events told, ${checks} times table = mirror = consumer`,
    `from spawn to live: ${spread(liveMs)}; from the last write to equality: ${spread(equalMs)}`,
    violations.length === 0 ? `${kills} passed, 0 failed` : `${violations.length} promises broken`,
  ].join('\n');
}

async function main(engine: Engine): Promise<boolean> {
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  const server = await serverOf(engine);
  if (!server) return false;
  console.log(`killing ${kills} hosts of ${engine} clinics, seed ${seed}`);
  const began = performance.now();
  try {
    const figures = await campaign({
      openDesk: deskOpener(engine, server.url),
      host: await buildHost(),
      kills,
      seed,
      onKill: (now) => {
        if (now.kills % 10 === 0)
          process.stderr.write(`  ${now.kills} killed, ${now.checks} checks, ${now.events} events\n`);
      },
    });
    console.log(summary(figures, (performance.now() - began) / 1_000));
    return figures.violations.length === 0 && figures.kills === kills;
  } finally {
    await server.stop();
  }
}

const engine = ENGINES.find((name) => name === values.engine);
if (values.help || !engine) console.log(USAGE);
process.exitCode = values.help ? 0 : engine && (await main(engine)) ? 0 : 1;
