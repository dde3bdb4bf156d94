/** A process with so many idle clinics, or with the same calls made by hand, which measures itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic } from '../../src/adapters/memory/index.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import { ClinicFleet, systemRuntime, type Runtime } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';

export interface Order {
  readonly clinics: number;
  /** `fleet`: ours. `by-hand`: a timer for each clinic and the calls that the fleet makes, with nothing kept of the answers. */
  readonly what: 'fleet' | 'by-hand';
  /** Whether the clinics' servers can wait for us. */
  readonly awaitPulse: boolean;
  /** So many calls a second by hand. */
  readonly callsPerSecond?: number;
}

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

const ZONE = 'Australia/Melbourne';
const WINDOWS = 3;
/** As long as all clinics take to be compared once. */
const WINDOW_MS = 10_000;

/** One practice stands for all: its rows are not what is measured. 40 appointments and 20 sessions on 20 days. */
const clinic = new MemoryClinic('idle');
const tomorrow = Math.floor(Date.now() / DAY) * DAY + DAY;
for (let i = 0; i < 60; i++) {
  const isSession = i >= 40;
  const start = tomorrow + (i % 20) * DAY + (isSession ? 0 : i * 15 * MINUTE);
  clinic.put({
    id: String(i),
    kind: isSession ? 'session' : 'appointment',
    practitionerIds: [`dr-${i % 3}`],
    locationId: 'main',
    start,
    end: start + (isSession ? 480 : 15) * MINUTE,
    zone: ZONE,
    slotMs: isSession ? 15 * MINUTE : null,
  });
}

let calls = 0;
let pulses = 0;

type Digests = ReturnType<NonNullable<ClinicLink['digest']>>;
const digests = new Map<string, Digests>();

/** Counts what is asked of the clinics, which compute each digest once: that is their server's work. */
function counted(adapter: ClinicAdapter): ClinicAdapter {
  const counting = (link: ClinicLink) => {
    const compute = link.digest?.bind(link);
    if (compute) {
      link.digest = (read) => {
        const key = `${read.stream} ${read.edges.join()}`;
        const known = digests.get(key) ?? compute(read);
        digests.set(key, known);
        return known;
      };
    }
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

function collect(): number {
  const { gc } = globalThis;
  if (!gc) throw new Error('This process needs --expose-gc.');
  for (let i = 0; i < 4; i++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function measure(clinics: number, before: number, upMs: number): Promise<Measured> {
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

async function measureFleet({ clinics, awaitPulse }: Order): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-idle-'));
  // Clinics count as quiet after ten minutes in which nothing happened: they pass at once.
  let passed = 0;
  const runtime: Runtime = { ...systemRuntime, monotonic: () => systemRuntime.monotonic() + passed };
  const capabilities = { push: false, awaitPulse };
  const adapters = Array.from({ length: clinics }, () => counted(memoryAdapter({ clinic, zone: ZONE, capabilities })));
  try {
    await run(new ClinicFleet({ mirror: sqliteMirror({ path: join(folder, 'warm-up') }) }), adapters.slice(0, 5));
    const before = collect();
    const fleet = new ClinicFleet({ mirror: sqliteMirror({ path: join(folder, 'mirror') }), runtime });
    const upMs = await start(fleet, adapters);
    passed = 11 * MINUTE;
    // What is due every ten minutes is due for all of them now.
    await sleep(Math.max(15_000, clinics * 5));
    const measured = await measure(clinics, before, upMs);
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

async function measureByHand({ clinics, callsPerSecond = clinics }: Order): Promise<Measured> {
  const before = collect();
  const { signal } = new AbortController();
  const adapter = counted(memoryAdapter({ clinic, zone: ZONE, capabilities: { push: false } }));
  const wait = (clinics * 1_000) / callsPerSecond;
  for (let i = 0; i < clinics; i++) {
    const link = (await adapter.connect({ clinicId: `clinic-${i}`, signal }))._unsafeUnwrap();
    const poll = async () => {
      (await link.pulse?.(signal))?.unwrapOr('');
      setTimeout(() => void poll(), wait * (0.8 + 0.4 * Math.random()));
    };
    setTimeout(() => void poll(), Math.random() * wait);
  }
  await sleep(2_000);
  return measure(clinics, before, 0);
}

process.once('message', (order: Order) => {
  const measuring = order.what === 'fleet' ? measureFleet(order) : measureByHand(order);
  void measuring.then((measured) => process.send?.(measured, () => process.exit()));
});
