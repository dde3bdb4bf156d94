/** A fleet of simulated clinics on virtual time, each at the end of a road of its own. */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { afterEach } from 'vitest';

import type {
  ClinicAdapter,
  ClinicLink,
  ConnectOptions,
  DigestRead,
  KeysRead,
  RangeRead,
} from '../../src/adapters/adapter.js';
import {
  memoryAdapter,
  MemoryClinic,
  type MemoryCapabilities,
  type MemoryRow,
} from '../../src/adapters/memory/index.js';
import { fault, type AdapterError } from '../../src/domain/errors.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import {
  ClinicFleet,
  type ClinicEvent,
  type ClinicFleetOptions,
  type ClinicSync,
  type FleetClinicOptions,
} from '../../src/index.js';
import { Random } from '../../src/testing/random.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

export const ZONE = 'Australia/Melbourne';
export const EPOCH = Date.UTC(2026, 10, 23, 2);

/**
 * `healthy`: 20 ms to connect, 5 ms for each read. `slow`: 5 s and 1 s. `dead`: nothing is ever answered. `refusing`: an error at once.
 * `mute`: connects, and never answers a read. `lies-in-rows`, `lies-in-digests`: answers
 * these with what is no answer. `throws`: whatever is called throws. `garbage`: connects to something that is no link.
 */
export type Kind =
  'healthy' | 'slow' | 'dead' | 'refusing' | 'mute' | 'lies-in-rows' | 'lies-in-digests' | 'throws' | 'garbage';

export const row = (id: string, start: number): MemoryRow => ({
  id,
  kind: 'appointment',
  practitionerIds: ['dr-lee'],
  locationId: null,
  start,
  end: start + 15 * MINUTE,
  zone: ZONE,
  slotMs: null,
});

interface Told {
  readonly event: ClinicEvent;
  /** By virtual time. */
  readonly at: number;
}

export class FleetGround {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly runtime: VirtualProcess;
  readonly fleet: ClinicFleet;
  readonly clinics = new Map<string, MemoryClinic>();
  readonly kinds = new Map<string, Kind>();
  readonly told: Told[] = [];
  /** By virtual time, the first time. */
  readonly liveAt = new Map<string, number>();
  /** At the adapters: attempts that have neither an answer nor been given up. */
  connecting = 0;
  mostConnecting = 0;
  /** Reads of clinics that are not live yet. */
  reading = 0;
  mostReading = 0;

  constructor(options: ClinicFleetOptions = {}, seed = 1) {
    this.random = new Random(seed);
    this.runtime = new VirtualProcess(this.time, { epoch: EPOCH, random: () => this.random.next(), name: 'fleet' });
    this.fleet = new ClinicFleet({ runtime: this.runtime, ...options });
    this.fleet.events$.subscribe((event) => {
      this.told.push({ event, at: this.time.now });
      if (event.type === 'resync.completed' && !this.liveAt.has(event.clinicId))
        this.liveAt.set(event.clinicId, this.time.now);
    });
  }

  /** Adds a clinic with two appointments. */
  add(clinicId: string, kind: Kind = 'healthy', options: Partial<FleetClinicOptions> = {}): ClinicSync {
    const clinic = new MemoryClinic(clinicId, () => Math.round(EPOCH + this.time.now));
    clinic.put(row('1', EPOCH + DAY), row('2', EPOCH + 2 * DAY));
    this.clinics.set(clinicId, clinic);
    this.kinds.set(clinicId, kind);
    return this.fleet.add({ clinicId, adapter: this.adapter(clinicId), ...options })._unsafeUnwrap();
  }

  adapter(clinicId: string, more: Partial<MemoryCapabilities> = {}): ClinicAdapter {
    const clinic = this.clinics.get(clinicId);
    if (!clinic) throw new Error(`There is no ${clinicId}.`);
    const wait = (ms: number, fire: () => void) => this.time.after(ms, fire);
    const capabilities = { push: false, sessions: false, snapshot: false, ...more };
    const inner = memoryAdapter({ clinic, zone: ZONE, wait, capabilities });
    return { ...inner, connect: (options) => this.connect(clinicId, inner, options) };
  }

  live(kind: Kind = 'healthy'): number {
    return [...this.kinds].filter(([id, its]) => its === kind && this.fleet.get(id)?.status.phase === 'live').length;
  }

  /** Lets time pass until it is so, at most so long. */
  async until(done: () => boolean, ms: number): Promise<void> {
    if (!(await this.time.runUntilDone(done, ms))) throw new Error(`It did not come true within ${ms} ms.`);
  }

  /** Lets time pass until something asynchronous has come to its end, and answers how long that took. */
  async finish(work: Promise<unknown>, ms = 60_000): Promise<number> {
    const began = this.time.now;
    let over = false;
    void work.then(() => (over = true));
    await this.until(() => over, ms);
    return this.time.now - began;
  }

  private connect(
    clinicId: string,
    inner: ClinicAdapter,
    options: ConnectOptions,
  ): ResultAsync<ClinicLink, AdapterError> {
    const kind = this.kinds.get(clinicId) ?? 'healthy';
    if (kind === 'throws') throw new Error('thrown by an adapter');
    this.mostConnecting = Math.max(this.mostConnecting, ++this.connecting);
    let isCounted = true;
    const over = () => {
      if (isCounted) this.connecting--;
      isCounted = false;
    };
    options.signal.addEventListener('abort', over, { once: true });
    const attempt = async (): Promise<Result<ClinicLink, AdapterError>> => {
      if (kind === 'dead') await new Promise(() => undefined);
      await this.time.wait(kind === 'slow' ? 5_000 : 20);
      over();
      if (kind === 'refusing') return err(fault('ClinicUnreachable'));
      if (kind === 'garbage') return ok({ nothing: 'like a link' } as unknown as ClinicLink);
      return (await inner.connect(options)).map((link) => this.overRoad(clinicId, link));
    };
    return new ResultAsync(attempt());
  }

  /** Reads take their time, and are counted while the clinic is on its way to being live. */
  private overRoad(clinicId: string, link: ClinicLink): ClinicLink {
    const { readRange, readKeys, digest } = link;
    const travel = <T>(call: () => ResultAsync<T, AdapterError>, liar: Kind, lie: unknown) =>
      new ResultAsync(
        (async () => {
          const isResync = this.fleet.get(clinicId)?.status.phase === 'resyncing';
          if (isResync) this.mostReading = Math.max(this.mostReading, ++this.reading);
          const kind = this.kinds.get(clinicId);
          if (kind === 'mute') await new Promise(() => undefined);
          await this.time.wait(kind === 'slow' ? 1_000 : 5);
          if (isResync) this.reading--;
          return kind === liar ? ok(lie as T) : call();
        })(),
      );
    return Object.assign(link, {
      readRange: (read: RangeRead) => travel(() => readRange.call(link, read), 'lies-in-rows', {}),
      ...(readKeys && { readKeys: (read: KeysRead) => travel(() => readKeys.call(link, read), 'lies-in-rows', {}) }),
      ...(digest && { digest: (read: DigestRead) => travel(() => digest.call(link, read), 'lies-in-digests', []) }),
    });
  }
}

/** Grounds that end with the test which opened them. To be called once by a file. */
export function grounds() {
  const opened: FleetGround[] = [];
  afterEach(async () => {
    for (const ground of opened.splice(0)) await ground.finish(ground.fleet.stop());
  });
  const bare = (options: ClinicFleetOptions = {}): FleetGround => {
    const ground = new FleetGround(options);
    opened.push(ground);
    return ground;
  };
  return {
    bare,
    /** With so many healthy clinics, all live. */
    open: async (clinics: number, options: ClinicFleetOptions = {}): Promise<FleetGround> => {
      const ground = bare(options);
      for (let i = 0; i < clinics; i++) ground.add(`c${i}`);
      await ground.until(() => ground.fleet.status.phases.live === clinics, MINUTE);
      return ground;
    },
  };
}
