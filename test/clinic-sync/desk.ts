/** One clinic in memory at the end of a road that loses and delays, and the host's process, on virtual time. */
import { afterEach, expect } from 'vitest';

import { memoryAdapter, MemoryClinic, type MemoryRow } from '../../src/adapters/memory/index.js';
import type { AdapterError } from '../../src/domain/errors.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import { ClinicSync, memoryMirror, MemoryDisk, type ClinicEvent, type SlotOptions } from '../../src/index.js';
import { faultyAdapter } from '../../src/testing/faulty-adapter.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

const ZONE = 'Australia/Melbourne';
export const EPOCH = Date.UTC(2026, 10, 23, 2);
export const NINE = EPOCH + DAY;
export const slotAt = (i: number) => ({
  practitionerId: 'p1',
  start: NINE + i * 15 * MINUTE,
  end: NINE + (i + 1) * 15 * MINUTE,
});

export const row = (id: string, start: number, minutes = 15, kind: MemoryRow['kind'] = 'appointment'): MemoryRow => ({
  id,
  kind,
  practitionerIds: ['p1'],
  locationId: 'main',
  start,
  end: start + minutes * MINUTE,
  zone: ZONE,
  slotMs: kind === 'session' ? 15 * MINUTE : null,
});

/** What becomes of each message by its name; nothing: it takes 2 ms. */
type Fates = Partial<Record<string, (time: VirtualTime) => Promise<AdapterError | undefined>>>;

export class Desk {
  readonly time = new VirtualTime();
  readonly clinic = new MemoryClinic('clinic', () => Math.round(EPOCH + this.time.now));
  readonly disk = new MemoryDisk();
  readonly events: ClinicEvent[] = [];
  readonly requests: Fates = {};
  readonly answers: Fates = {};
  private cuts: (() => void)[] = [];
  private runtime: VirtualProcess | null = null;
  private count = 0;
  sync: ClinicSync | null = null;

  constructor(
    private readonly capabilities: { writes?: boolean; tokens?: boolean } = {},
    private readonly slots: SlotOptions = {},
  ) {
    this.clinic.put(row('s', NINE, 480, 'session'), row('1', NINE));
  }

  async start(): Promise<ClinicSync> {
    const { time, clinic, disk } = this;
    const runtime = new VirtualProcess(time, { epoch: EPOCH, random: () => 0.5, name: `t${String(++this.count)}` });
    const meet = (fates: Fates) => async (what: string) => {
      await time.wait(2);
      return fates[what]?.(time);
    };
    const road = {
      request: meet(this.requests),
      answer: meet(this.answers),
      hint: () => ({ delaysMs: [1] }),
      after: (ms: number, deliver: () => void) => void time.after(ms, deliver),
      tears: () => undefined,
      onLink: ({ cut }: { cut(): void }) => {
        this.cuts.push(cut);
      },
    };
    const wait = (ms: number, fire: () => void) => time.after(ms, fire);
    const adapter = faultyAdapter(memoryAdapter({ clinic, zone: ZONE, wait, capabilities: this.capabilities }), road);
    const sync = new ClinicSync({ clinicId: 'c', adapter, mirror: memoryMirror({ disk }), runtime, slots: this.slots });
    sync.events$.subscribe((event) => this.events.push(event));
    this.sync = sync;
    this.runtime = runtime;
    void sync.start();
    await this.until(() => sync.status.phase === 'live');
    return sync;
  }

  cut(): void {
    for (const cut of this.cuts.splice(0)) cut();
  }

  /** The process dies as it is. */
  kill(): void {
    this.runtime?.kill();
    this.cut();
    this.disk.crash();
  }

  async until(done: () => boolean, ms = MINUTE): Promise<void> {
    expect(await this.time.runUntilDone(done, ms)).toBe(true);
  }

  /** Lets time pass until the answer is there, and gives its value or the code of its error. */
  async answer<T>(asked: PromiseLike<{ isOk(): boolean } & T>): Promise<unknown> {
    let outcome: { isOk(): boolean; value?: unknown; error?: { code: string } } | undefined;
    void asked.then((result) => {
      outcome = result;
    });
    await this.until(() => outcome !== undefined);
    return outcome?.isOk() === true ? outcome.value : outcome?.error?.code;
  }

  booked(): MemoryRow[] {
    return [...this.clinic.all().values()].map((record) => record.row).filter(({ token }) => token !== undefined);
  }

  rowEvents(): string[] {
    return this.events.flatMap((event) =>
      event.type.startsWith('appointment.') && 'row' in event
        ? [`${event.type} ${event.row.id} ${event.cause} ${event.bookingId ?? '-'}`]
        : [],
    );
  }
}

let desk: Desk | null = null;
/** A desk that is live, with no events told yet; stopped after the test. */
export async function open(capabilities?: { writes?: boolean; tokens?: boolean }, slots?: SlotOptions) {
  desk = new Desk(capabilities, slots);
  const sync = await desk.start();
  desk.events.length = 0;
  return { desk, sync };
}
afterEach(async () => {
  let stopped = false;
  void desk?.sync?.stop().then(() => {
    stopped = true;
  });
  await desk?.time.runUntilDone(() => stopped, MINUTE);
  desk = null;
});
