import { memoryAdapter, type MemoryClinic } from '../../src/adapters/memory/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import { memoryMirror } from '../../src/mirror/memory/index.js';
import { faultyAdapter } from '../../src/testing/faulty-adapter.js';
import type { Random } from '../../src/testing/random.js';
import { VirtualProcess, type VirtualTime } from '../../src/testing/virtual-time.js';
import { CLINIC } from './disk.js';
import { CONTENDER } from './patients.js';
import { NO_TROUBLES, simulatedRoad, type LinkHandle } from './road.js';
import { ZONE, type Scenario } from './scenario.js';
import { SIM_TUNING } from './world.js';

export interface ContenderTools {
  readonly clinic: MemoryClinic;
  readonly time: VirtualTime;
  readonly scenario: Scenario;
  readonly random: Random;
  readonly lockSilenceMs: number;
  violate(promise: string, text: string): void;
  note(line: string): void;
  /** A promise about bookings cannot be held to what was seen: a clock was wrong, or rows were lost. */
  excused(): boolean;
}

/** A second process of the platform's at the same clinic, as a deploy brings about: its own mirror, its own way there. */
export class Contender {
  private readonly sync: ClinicSync;
  private readonly runtime: VirtualProcess;
  private readonly links = new Set<LinkHandle>();
  private gone = false;
  private bookings = 0;

  constructor(private readonly tools: ContenderTools) {
    const { clinic, time, scenario, random, lockSilenceMs } = tools;
    this.runtime = new VirtualProcess(time, { epoch: scenario.epoch, random: () => random.next(), name: 'rival' });
    const step = () => Promise.resolve();
    const road = simulatedRoad(time, random, NO_TROUBLES(), step, () => this.runtime.alive, this.links);
    const adapter = memoryAdapter({
      clinic,
      zone: ZONE,
      capabilities: scenario.capabilities,
      ...(scenario.locks && { lockSilenceMs }),
      wait: (ms, fire) => time.after(ms, fire),
    });
    this.sync = new ClinicSync({
      clinicId: CLINIC,
      adapter: faultyAdapter(adapter, road),
      mirror: memoryMirror(),
      runtime: this.runtime,
      tuning: SIM_TUNING,
    });
    void this.sync.start();
    this.bookNext();
  }

  get isLive(): boolean {
    return !this.gone && this.sync.status.phase === 'live';
  }

  /** In order, or killed. */
  leave(): void {
    if (this.gone) return;
    this.gone = true;
    if (this.tools.random.chance(0.5)) {
      void this.sync.stop();
      return;
    }
    this.runtime.kill();
    for (const link of this.links) link.cut();
  }

  private bookNext(): void {
    const { time, random } = this.tools;
    time.after(random.int(300, 2_500), () => {
      if (this.gone) return;
      void this.book(`${CONTENDER}${String(++this.bookings)}`);
      this.bookNext();
    });
  }

  private async book(key: string): Promise<void> {
    const { random, clinic, violate, note, excused } = this.tools;
    const answer = await this.sync.availability({ limit: 20 });
    if (answer.isErr() || answer.value.slots.length === 0) return;
    const slot = random.pick(answer.value.slots);
    let wasThere = false;
    const stop = clinic.onCommit(() => {
      wasThere ||= [...clinic.all().values()].some(({ row }) => row.details?.reason === key);
    });
    const booked = await this.sync.book({ slot, idempotencyKey: key, details: { reason: key } });
    stop();
    note(`${key} ${booked.isOk() ? 'ok' : booked.error.code}`);
    if (booked.isOk() && !wasThere && !excused()) violate('S5', `${key} was acknowledged and is no row`);
  }
}
