import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { MINUTE, SECOND } from '../../src/domain/instant.js';
import { keyText } from '../../src/domain/row.js';
import { Random } from '../../src/testing/random.js';
import { Consumer } from '../kill/consumer.js';
import { probeSlot, type Fault, type Ground } from './ground.js';
import { Hosts } from './hosts.js';
import { People } from './people.js';
import { openSmallDisk } from './small-disk.js';
import { checkCopies, checkRequests } from './verdict.js';

/** After the last fault, a change at the clinic must be told, and bookings taken, within this. */
export const LIVE_MS = 15 * SECOND;
const ROWS = 300;
const FIRST_COPY_MS = 60 * SECOND;
/** How often two things go wrong together. */
const TWO = 0.25;
/** Between two comparisons of table, mirror and consumer. */
const CHECK_EVERY = 12;

export interface NemesisOptions {
  readonly ground: Ground;
  /** The bundled host. */
  readonly host: string;
  readonly seed: number;
  readonly minutes: number;
  /** Only faults whose name contains this. */
  readonly only?: string;
  readonly onFault?: (name: string, liveMs: number) => void;
}

export interface Figures {
  faults: number;
  /** From the end of a fault until live again, in ms, by fault. */
  readonly liveMs: Map<string, number[]>;
  checks: number;
  events: number;
  conflicts: number;
  deskWrites: number;
  outcomes: Record<string, number>;
  readonly missing: string[];
  readonly violations: string[];
}

/** Lets everything go wrong for so long while people work, and then holds the library to its promises. */
export async function nemesis({ ground, host, seed, minutes, only = '', onFault }: NemesisOptions): Promise<Figures> {
  const random = new Random(seed);
  const disk = await openSmallDisk();
  const consumer = new Consumer(['crash', 'outage', 'mirror-failed']);
  const hosts = new Hosts(host, { reach: ground.reach, mirror: join(disk.path, 'clinics.mirror') }, consumer);
  const people = new People(ground, hosts, new Random(random.int(0, 1e9)));
  const faults = [...ground.faults, ...hosts.faults(), ...(disk.full ? [disk.full] : [])].filter(({ name }) =>
    name.includes(only),
  );
  if (faults.length === 0) throw new RangeError(`No fault is called ${only}.`);
  const figures: Figures = {
    faults: 0,
    liveMs: new Map(),
    checks: 0,
    events: 0,
    conflicts: 0,
    deskWrites: 0,
    outcomes: {},
    missing: [...ground.missing, ...(disk.full ? [] : ['a full disk, because a file system cannot be mounted here'])],
    violations: consumer.violations,
  };
  const check = async () => {
    await people.rest();
    await checkCopies(ground, hosts, consumer);
    figures.checks++;
    people.resume();
  };
  let probes = 0;
  let working: Promise<void> | undefined;
  try {
    await people.fill(ROWS);
    await alive({ ground, hosts, consumer, nth: probes++, within: FIRST_COPY_MS });
    working = people.work();
    const ends = performance.now() + minutes * MINUTE;
    while (performance.now() < ends && consumer.violations.length === 0) {
      const struck = draw(faults, random);
      await Promise.all(struck.map((fault) => fault.strike(random)));
      const name = struck.map((fault) => fault.name).join(' + ');
      const took = await alive({ ground, hosts, consumer, nth: probes++, within: LIVE_MS });
      if (took === undefined) {
        const { status, lastWords } = hosts.current;
        consumer.violate('live', `${name}: ${status?.phase} (${status?.fault}) after ${LIVE_MS} ms, ${lastWords}`);
        break;
      }
      for (const fault of struck) figures.liveMs.set(fault.name, [...(figures.liveMs.get(fault.name) ?? []), took]);
      figures.faults += struck.length;
      onFault?.(name, took);
      await sleep(random.int(100, 1_500));
      if (figures.faults % CHECK_EVERY === 0) await check();
    }
    await check();
    people.leave();
    await people.rest();
    figures.outcomes = await checkRequests(ground, hosts, people, consumer);
  } catch (error) {
    consumer.violate('progress', (error as Error).message);
  } finally {
    people.leave();
    await working;
    await hosts.close();
    await disk.close();
    figures.events = consumer.events;
    figures.conflicts = consumer.conflicts.size;
    figures.deskWrites = people.deskWrites;
  }
  return figures;
}

function draw(faults: readonly Fault[], random: Random): Fault[] {
  const one = random.pick(faults);
  const other = random.pick(faults);
  return random.chance(TWO) && other !== one ? [one, other] : [one];
}

interface Probe {
  readonly ground: Ground;
  readonly hosts: Hosts;
  readonly consumer: Consumer;
  readonly nth: number;
  readonly within: number;
}

/** How long until a row that is written now is told, and the host is live; `undefined`: too long. */
async function alive({ ground, hosts, consumer, nth, within }: Probe): Promise<number | undefined> {
  const began = performance.now();
  const { practitionerId, start, end } = probeSlot(nth);
  let id: string | undefined;
  while (performance.now() - began < within) {
    id ??= await ground
      .query(
        `insert into appointments (doctor, starts, ends) values (${practitionerId}, ${start}, ${end}) returning id`,
      )
      .then(([row]) => String(row?.['id']))
      .catch(() => undefined);
    if (id !== undefined && hosts.isLive && consumer.replica.rows.has(keyText('busy', id)))
      return performance.now() - began;
    await sleep(10);
  }
  return undefined;
}
