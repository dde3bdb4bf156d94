import { commitCases } from './mirror-conformance/commits.js';
import { discardCases } from './mirror-conformance/discards.js';
import { Bench, type Case, type MirrorHarness } from './mirror-conformance/bench.js';
import { inspectionCases } from './mirror-conformance/inspections.js';
import { intentCases } from './mirror-conformance/intents.js';
import { logCases } from './mirror-conformance/logs.js';
import { openingCases } from './mirror-conformance/openings.js';
import { ownerCases } from './mirror-conformance/owners.js';
import { queryCases } from './mirror-conformance/queries.js';
import { replacementCases } from './mirror-conformance/replacements.js';
import { scanCases } from './mirror-conformance/scans.js';

export type { MirrorHarness, MirrorStore } from './mirror-conformance/bench.js';

/** The two functions of a test runner that are needed: those of vitest, jest, mocha or node:test fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

export interface MirrorConformanceOptions {
  /** Stands before every case, such as `sqlite`. */
  readonly name: string;
  readonly harness: MirrorHarness;
  /** Cases that are known to fail. Each turns red once it passes, so that the list cannot go stale. */
  readonly gaps?: readonly string[];
  /** Of the random cases; every failure prints the one it used. Default: another one in every run. */
  readonly seed?: number;
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  opening: openingCases,
  commit: commitCases,
  intents: intentCases,
  log: logCases,
  owner: ownerCases,
  replaceAll: replacementCases,
  queries: queryCases,
  scan: scanCases,
  discard: discardCases,
  inspect: inspectionCases,
};

/** The names of all cases, for `gaps`. */
export const MIRROR_CASES: readonly string[] = Object.values(CASES).flatMap((cases) => cases.map(({ name }) => name));

/** Registers what every `Mirror` has to do, one test per sentence of the port. */
export function registerMirrorConformance(runner: TestRunner, options: MirrorConformanceOptions): void {
  const { name, harness, gaps = [], seed = Math.floor(Math.random() * 2 ** 31) } = options;
  const unknown = gaps.filter((gap) => !MIRROR_CASES.includes(gap));
  if (unknown.length > 0) throw new Error(`No such case, so no gap: ${unknown.join('; ')}`);

  for (const [topic, cases] of Object.entries(CASES)) {
    runner.describe(`mirror ${name}: ${topic}`, () => {
      for (const test of cases) {
        const gap = gaps.includes(test.name);
        runner.it(gap ? `${test.name} (known gap)` : test.name, () => (gap ? playGap : play)(test, harness, seed));
      }
    });
  }
}

async function play(test: Case, harness: MirrorHarness, seed: number): Promise<void> {
  const bench = await Bench.over(harness, seed);
  try {
    await test.run(bench);
  } catch (error) {
    if (error instanceof Error && test.random) error.message += ` (seed ${String(seed)})`;
    throw error;
  } finally {
    await bench.dispose();
  }
}

async function playGap(test: Case, harness: MirrorHarness, seed: number): Promise<void> {
  try {
    await play(test, harness, seed);
  } catch {
    return;
  }
  throw new Error(`"${test.name}" passes now: take it out of the gaps.`);
}
