import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { buildWorker } from './build.js';
import { PLANTS, type Plant } from './planted.js';
import { playSeeds } from './pool.js';
import { run } from './run.js';
import { generate } from './scenario.js';
import { breaking, shrink } from './shrink.js';

const USAGE = `npm run simulate -- [options]
  --runs N      scenarios to play (default 2000)
  --seed S      the first seed (default: by the clock)
  --jobs J      worker threads (default: one per core)
  --replay S    play one seed and print everything that happened
  --planted     prove the checkers: each planted fault must be caught within --runs
  --only TEXT   with --planted: only faults whose name contains this`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    replay: { type: 'string' },
    planted: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

const runs = Number(values.runs);
const jobs = Number(values.jobs);
const seed = Number(values.seed ?? Math.floor(Date.now() / 1_000));
const rewrite = process.stderr.isTTY ? '\r' : '\n';

async function replay(one: number): Promise<boolean> {
  const { trace, traceHash, violations } = await run(generate(one), true);
  console.log(trace.join('\n'));
  console.log(`seed ${String(one)}: trace ${traceHash}, ${String(violations.length)} promises broken`);
  return violations.length === 0;
}

async function playClean(): Promise<boolean> {
  console.log(`simulating ${String(runs)} runs from seed ${String(seed)} on ${String(jobs)} threads`);
  const began = performance.now();
  let told = 0;
  let bad = 0;
  const { broken, runs: played } = await playSeeds({
    file: await buildWorker(),
    seed,
    runs,
    jobs,
    untilBroken: false,
    onProgress: (done, broken) => {
      bad += broken.length;
      for (const { seed: one, promise, text } of broken) console.log(`seed ${String(one)} broke ${promise}: ${text}`);
      if (done - told < 5_000) return;
      told = done;
      process.stderr.write(`  ${String(done)} played, ${String(bad)} broken${rewrite}`);
    },
  });
  const [first] = broken;
  if (first) {
    const short = await shrink(generate(first.seed), breaking(first.promise));
    console.log(`seed ${String(first.seed)}, made short:\n${JSON.stringify(short, null, 1)}`);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(
    `${String(played - broken.length)} passed, ${String(broken.length)} failed (simulated runs, ${seconds} s)`,
  );
  return broken.length === 0;
}

async function catchOne(plant: Plant): Promise<boolean> {
  const file = await buildWorker(plant);
  const { broken } = await playSeeds({ file, seed, runs, jobs, untilBroken: true });
  const [caught] = broken;
  const needed = caught ? caught.seed - seed + 1 : runs;
  const verdict = caught
    ? `${caught.promise} after ${String(needed)} runs: ${caught.text}`
    : `NOT CAUGHT in ${String(runs)} runs`;
  const expected = caught !== undefined && plant.breaks.includes(caught.promise);
  console.log(`| ${plant.name} | ${verdict}${caught && !expected ? ' (by another promise than expected)' : ''} |`);
  return caught !== undefined;
}

async function catchPlanted(): Promise<boolean> {
  const plants = PLANTS.filter(({ name }) => name.includes(values.only));
  console.log(`planting ${String(plants.length)} faults, up to ${String(runs)} runs each from seed ${String(seed)}`);
  let caught = 0;
  for (const plant of plants) if (await catchOne(plant)) caught++;
  console.log(`${String(caught)} passed, ${String(plants.length - caught)} failed (planted faults caught)`);
  return caught === plants.length;
}

if (values.help) console.log(USAGE);
else {
  const ok = values.replay
    ? await replay(Number(values.replay))
    : values.planted
      ? await catchPlanted()
      : await playClean();
  process.exitCode = ok ? 0 : 1;
}
