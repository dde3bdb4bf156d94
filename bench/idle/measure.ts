/** What a process takes while its clinics are idle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import { MINUTE } from '../../src/domain/instant.js';
import { ClinicFleet, systemRuntime, type Runtime } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';

export interface Measured {
  /** Each window's, in percent of a core, of all threads of the process. */
  readonly cpu: readonly number[];
  /** Heap and buffers for each clinic, in KB. */
  readonly kilobytes: number;
  /** Calls to adapters a second. */
  readonly callsPerSecond: number;
  readonly pulsesPerSecond: number;
  /** From the first clinic added to the last one live, in ms. */
  readonly upMs: number;
}

const WINDOWS = 3;
/** As long as all clinics take to be compared once. */
const WINDOW_MS = 10_000;

let calls = 0;
let pulses = 0;

/** Counts what is asked of the clinics. */
export function counted(adapter: ClinicAdapter): ClinicAdapter {
  const counting = (link: ClinicLink) => {
    for (const name of ['now', 'pulse', 'awaitPulse', 'digest', 'readRange', 'readKeys', 'newKeys'] as const) {
      const call = link[name] as ((...args: unknown[]) => unknown) | undefined;
      if (!call) continue;
      Object.assign(link, {
        [name]: (...args: unknown[]) => {
          calls++;
          if (name === 'pulse' || name === 'awaitPulse') pulses++;
          return call.apply(link, args);
        },
      });
    }
    return link;
  };
  return { ...adapter, connect: (options) => adapter.connect(options).map(counting) };
}

/** Bytes of heap and buffers after full collections. */
export function collect(): number {
  const { gc } = globalThis;
  if (!gc) throw new Error('This process needs --expose-gc.');
  for (let i = 0; i < 4; i++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** `before`: bytes before there were clinics. */
export async function measure(clinics: number, before: number, upMs: number): Promise<Measured> {
  const kilobytes = (collect() - before) / clinics / 1_024;
  await sleep(1_000);
  calls = pulses = 0;
  const cpu: number[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    const [began, from] = [performance.now(), process.cpuUsage()];
    await sleep(WINDOW_MS);
    const used = process.cpuUsage(from);
    cpu.push((used.user + used.system) / (performance.now() - began) / 10);
  }
  const seconds = (WINDOWS * WINDOW_MS) / 1_000;
  return { cpu, kilobytes, callsPerSecond: calls / seconds, pulsesPerSecond: pulses / seconds, upMs };
}

/** A fleet of these clinics, ten minutes after anything happened. */
export async function measureIdle(adapters: readonly ClinicAdapter[]): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-idle-'));
  // Clinics count as quiet after ten minutes in which nothing happened: they pass at once.
  let passed = 0;
  const runtime: Runtime = { ...systemRuntime, monotonic: () => systemRuntime.monotonic() + passed };
  try {
    await run(new ClinicFleet({ mirror: sqliteMirror({ path: join(folder, 'warm-up') }) }), adapters.slice(0, 5));
    const before = collect();
    const fleet = new ClinicFleet({ mirror: sqliteMirror({ path: join(folder, 'mirror') }), runtime });
    const upMs = await start(fleet, adapters);
    passed = 11 * MINUTE;
    // What is due every ten minutes is due for all of them now.
    await sleep(Math.max(15_000, adapters.length * 5));
    const measured = await measure(adapters.length, before, upMs);
    await fleet.stop();
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(fleet: ClinicFleet, adapters: readonly ClinicAdapter[]): Promise<number> {
  const began = performance.now();
  for (const [i, adapter] of adapters.entries()) fleet.add({ clinicId: `clinic-${i}`, adapter })._unsafeUnwrap();
  while (fleet.status.phases.live < adapters.length) await sleep(20);
  return performance.now() - began;
}

async function run(fleet: ClinicFleet, adapters: readonly ClinicAdapter[]): Promise<void> {
  await start(fleet, adapters);
  await fleet.stop();
}
