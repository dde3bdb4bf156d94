import { Bench, type Case } from './adapter-conformance/bench.js';
import { descriptionCases } from './adapter-conformance/descriptions.js';
import { digestCases } from './adapter-conformance/digests.js';
import { endingCases } from './adapter-conformance/endings.js';
import type { AdapterCapabilities, AdapterHarness } from './adapter-conformance/harness.js';
import { hintCases } from './adapter-conformance/hints.js';
import { keyCases } from './adapter-conformance/keys.js';
import { newKeyCases } from './adapter-conformance/new-keys.js';
import { offerCases } from './adapter-conformance/offers.js';
import { pulseCases } from './adapter-conformance/pulses.js';
import { rangeCases } from './adapter-conformance/ranges.js';
import { rowCases } from './adapter-conformance/rows.js';
import { signalCases } from './adapter-conformance/signals.js';
import { sketchCases } from './adapter-conformance/sketches.js';
import { snapshotCases } from './adapter-conformance/snapshots.js';
import { waitCases } from './adapter-conformance/waits.js';
import { writeCases } from './adapter-conformance/writes.js';
import type { TestRunner } from './mirror-conformance.js';

export type {
  AdapterCapabilities,
  AdapterHarness,
  OpenTransaction,
  Receptionist,
  TestClinic,
  Writing,
} from './adapter-conformance/harness.js';

export interface AdapterConformanceOptions {
  /** Stands before every case, such as `postgres`. */
  readonly name: string;
  readonly harness: AdapterHarness;
  /** What the adapter offers: the cases of each are registered, and an offer that differs fails. */
  readonly capabilities: AdapterCapabilities;
  /** Cases that are known to fail. Each turns red once it passes, so that the list cannot go stale. */
  readonly gaps?: readonly string[];
  /** Of the random cases; every failure prints the one it used. Default: another one in every run. */
  readonly seed?: number;
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  offer: offerCases,
  readRange: rangeCases,
  rows: rowCases,
  readKeys: keyCases,
  digest: digestCases,
  sketch: sketchCases,
  pulse: pulseCases,
  awaitPulse: waitCases,
  newKeys: newKeyCases,
  snapshot: snapshotCases,
  push: hintCases,
  describe: descriptionCases,
  writes: writeCases,
  signals: signalCases,
  endings: endingCases,
};

/** The names of all cases that these capabilities bring with them, for `gaps`. */
export function adapterCases(capabilities: AdapterCapabilities): readonly string[] {
  return Object.values(CASES).flatMap((cases) => applicable(cases, capabilities).map(({ name }) => name));
}

/**
 * Registers what every `ClinicAdapter` has to do, one test per sentence of the port. Throws for capabilities that contradict
 * each other, and for a gap that is none of the cases.
 */
export function registerAdapterConformance(runner: TestRunner, options: AdapterConformanceOptions): void {
  const { name, harness, capabilities, gaps = [], seed = Math.floor(Math.random() * 2 ** 31) } = options;
  if (capabilities.awaitPulse && !capabilities.pulse) {
    throw new Error('Capability awaitPulse wants pulse: without one there is nothing to wait for.');
  }
  const known = adapterCases(capabilities);
  const unknown = gaps.filter((gap) => !known.includes(gap));
  if (unknown.length > 0) throw new Error(`No such case, so no gap: ${unknown.join('; ')}`);

  const play = async (test: Case) => {
    const bench = await Bench.over(harness, capabilities, seed);
    try {
      await test.run(bench);
    } catch (error) {
      if (error instanceof Error && test.random) error.message += ` (seed ${String(seed)})`;
      throw error;
    } finally {
      await bench.dispose();
    }
  };
  for (const [topic, cases] of Object.entries(CASES)) {
    const tests = applicable(cases, capabilities);
    if (tests.length === 0) continue;
    runner.describe(`adapter ${name}: ${topic}`, () => {
      for (const test of tests) {
        if (gaps.includes(test.name)) runner.it(`${test.name} (known gap)`, () => stillFails(test.name, play(test)));
        else runner.it(test.name, () => play(test));
      }
    });
  }
}

function applicable(cases: readonly Case[], capabilities: AdapterCapabilities): readonly Case[] {
  const has = (need: keyof AdapterCapabilities) =>
    need === 'sketch' ? (capabilities.sketch ?? []).length > 0 : capabilities[need];
  return cases.filter(({ needs = [] }) => needs.every(has));
}

async function stillFails(name: string, played: Promise<void>): Promise<void> {
  try {
    await played;
  } catch {
    return;
  }
  throw new Error(`"${name}" is fixed: remove it from gaps.`);
}
