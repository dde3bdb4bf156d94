/** A process with so many idle clinics, or with the same calls made by hand, which measures itself. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic } from '../../src/adapters/memory/index.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import { collect, counted, measure, measureIdle, type Measured } from './measure.js';
import { measureReal } from './real.js';

export interface Order {
  readonly clinics: number;
  /** `fleet`: ours. `by-hand`: a timer for each clinic and the calls that the fleet makes, with nothing kept of the answers. Else: ours over real databases. */
  readonly what: 'fleet' | 'by-hand' | 'sqlite' | 'postgres';
  /** Whether the clinics' servers can wait for us. */
  readonly awaitPulse: boolean;
  /** So many calls a second by hand. */
  readonly callsPerSecond?: number;
}

const ZONE = 'Australia/Melbourne';

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

type Digests = ReturnType<NonNullable<ClinicLink['digest']>>;
const digests = new Map<string, Digests>();

/** The clinics compute each digest once: that is their server's work. */
function computedOnce(adapter: ClinicAdapter): ClinicAdapter {
  const once = (link: ClinicLink) => {
    const compute = link.digest?.bind(link);
    if (compute) {
      link.digest = (read) => {
        const key = `${read.stream} ${read.edges.join()}`;
        const known = digests.get(key) ?? compute(read);
        digests.set(key, known);
        return known;
      };
    }
    return link;
  };
  return counted({ ...adapter, connect: (options) => adapter.connect(options).map(once) });
}

async function measureFleet({ clinics, awaitPulse }: Order): Promise<Measured> {
  const capabilities = { push: false, awaitPulse };
  const adapter = () => computedOnce(memoryAdapter({ clinic, zone: ZONE, capabilities }));
  return measureIdle(Array.from({ length: clinics }, adapter));
}

async function measureByHand({ clinics, callsPerSecond = clinics }: Order): Promise<Measured> {
  const before = collect();
  const { signal } = new AbortController();
  const adapter = computedOnce(memoryAdapter({ clinic, zone: ZONE, capabilities: { push: false } }));
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

function carryOut(order: Order): Promise<Measured> {
  switch (order.what) {
    case 'fleet':
      return measureFleet(order);
    case 'by-hand':
      return measureByHand(order);
    case 'sqlite':
    case 'postgres':
      return measureReal(order.what, order.clinics);
  }
}

process.once('message', (order: Order) => {
  void carryOut(order).then((measured) => process.send?.(measured, () => process.exit()));
});
