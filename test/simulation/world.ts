import { createHash } from 'node:crypto';

import { memoryAdapter, MemoryClinic, type MemoryRecord } from '../../src/adapters/memory/index.js';
import { ClinicSync } from '../../src/clinic-sync.js';
import { fault } from '../../src/domain/errors.js';
import { SECOND } from '../../src/domain/instant.js';
import { WHOLE_FUTURE } from '../../src/domain/scope.js';
import { startOfDay } from '../../src/domain/zone.js';
import type { Tuning } from '../../src/engine/tuning.js';
import { MemoryDisk, memoryMirror, type Shelf } from '../../src/mirror/memory/index.js';
import { faultyAdapter } from '../../src/testing/faulty-adapter.js';
import { faultyMirror } from '../../src/testing/faulty-mirror.js';
import { Random } from '../../src/testing/random.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';
import { Contender } from './contender.js';
import { befall, CLINIC, cloneShelf } from './disk.js';
import { History } from './history.js';
import { Patients } from './patients.js';
import { Receptionist } from './receptionist.js';
import { Replica } from './replica.js';
import { never, NO_TROUBLES, simulatedRoad, type LinkHandle } from './road.js';
import { serverSide } from './server.js';
import { ZONE, type Action, type DiskFate, type Rival, type Scenario } from './scenario.js';

/** Quick and small, so that a run has many of everything. */
export const SIM_TUNING: Partial<Tuning> = {
  pulseMs: 300,
  quietPulseMs: 700,
  awaitPulseMs: 1_000,
  trailingLookMs: 400,
  sweepMs: 4 * SECOND,
  sketchRows: 2,
  heartbeatMs: 2 * SECOND,
  requestTimeoutMs: 3 * SECOND,
  readTimeoutMs: 6 * SECOND,
  retryCapMs: 3 * SECOND,
  load: 0.5,
  auditMs: 10 * SECOND,
  suspectRecheckMs: 4 * SECOND,
  breakerRows: 6,
  breakerShare: 0.2,
  breakerSessionShare: 0.2,
};

/** After which a server drops a client that it does not hear: longer than an owner takes to find out by itself. */
export const LOCK_SILENCE_MS = 8 * SECOND;

/** How long before a commit an early pulse may move; less than the trailing look waits. */
const EARLY_MS = 250;
const CHANGES: ReadonlySet<Action['do']> = new Set(['insert', 'remove', 'edit', 'roster', 'undecodable']);

export interface Violation {
  readonly promise: string;
  readonly text: string;
  readonly at: number;
}

/** One process of the host's: its ClinicSync, and everything that dies with it. */
export interface HostProcess {
  readonly runtime: VirtualProcess;
  readonly sync: ClinicSync;
  /** Ways to cut its links. */
  readonly links: Set<LinkHandle>;
  following: { unsubscribe: () => void } | null;
  started: boolean;
}

/** Everything outside the engine: the clinic, the road, the disk, the host; and the truth. */
export class World {
  readonly time = new VirtualTime();
  readonly clinic: MemoryClinic;
  readonly history: History;
  readonly disk = new MemoryDisk();
  readonly troubles = NO_TROUBLES();
  readonly violations: Violation[] = [];
  readonly replica = new Replica((promise, text) => {
    this.violate(promise, text);
  });
  process: HostProcess | null = null;
  /** Set when a wall clock was ever wrong: instants on it mean nothing then. */
  clocksWereWrong = false;
  hostClockError = 0;
  clinicClockError = 0;
  mapping = 0;
  /** Set when the mirror on disk was ever damaged; that may be noticed late. */
  mirrorHarmed = false;
  /** Set when the clinic's database was ever another one than before, or showed nothing. */
  restored = false;
  /** The last cutoff that was told of the mirror as it is now. */
  cutoff = Number.NEGATIVE_INFINITY;
  readonly trace: string[] = [];
  private readonly hash = createHash('sha1');
  private readonly random: Random;
  private readonly desk: Receptionist;
  readonly patients: Patients;
  private backup: { rows: ReadonlyMap<string, MemoryRecord>; position: number } | null = null;
  private shelfBackup: Shelf | null = null;
  private killAfter: { steps: number; action: Extract<Action, { do: 'kill' }> } | null = null;
  private processes = 0;
  private contender: Contender | null = null;
  private emptied: ReadonlyMap<string, MemoryRecord> | null = null;

  constructor(
    readonly scenario: Scenario,
    private readonly hooks: { readonly onProcess: (process: HostProcess) => void; readonly keepTrace: boolean },
  ) {
    this.random = new Random(scenario.seed ^ 0x51ed270b);
    this.clinic = new MemoryClinic(
      'clinic-1',
      () => Math.round(scenario.epoch + this.time.now) + this.clinicClockError,
    );
    this.history = new History(this.clinic, () => this.time.now);
    const today = startOfDay(scenario.epoch, ZONE);
    const { practitioners, rows, capabilities } = scenario;
    this.desk = new Receptionist(this.clinic, { today, practitioners, sessions: capabilities.sessions });
    this.patients = new Patients({
      clinic: this.clinic,
      time: this.time,
      history: this.history,
      tokens: scenario.capabilities.tokens,
      shelf: () => this.shelf,
      present: () => (this.process?.started === true ? this.process.sync : null),
      violate: (promise, text) => {
        this.violate(promise, text);
      },
      note: (line) => {
        this.note(line);
      },
      excused: () => this.mirrorHarmed || this.clocksWereWrong || this.restored,
    });
    this.desk.fill(rows, new Random(scenario.seed + 1));
  }

  note(line: string): void {
    const stamped = `${this.time.now.toFixed(3)} ${line}`;
    this.hash.update(stamped);
    if (this.hooks.keepTrace) this.trace.push(stamped);
  }

  get traceHash(): string {
    return this.hash.copy().digest('hex').slice(0, 16);
  }

  violate(promise: string, text: string): void {
    this.note(`VIOLATION ${promise}: ${text}`);
    this.violations.push({ promise, text, at: this.time.now });
  }

  /** The mirror as it is on disk. */
  get shelf(): Shelf | undefined {
    return this.disk.shelves.get(CLINIC);
  }

  launch(): void {
    const { scenario, time, random } = this;
    const links = new Set<LinkHandle>();
    const runtime = new VirtualProcess(time, {
      epoch: scenario.epoch,
      random: () => random.next(),
      name: `i${String(++this.processes)}`,
    });
    runtime.clockError = this.hostClockError;
    const step = async () => {
      if (!runtime.alive) return never();
      if (this.killAfter && --this.killAfter.steps <= 0) {
        const { action } = this.killAfter;
        this.killAfter = null;
        this.crash(process, action.disk, action.downMs, new Random(action.r));
        return never();
      }
      return undefined;
    };
    const road = simulatedRoad(time, random, this.troubles, step, () => runtime.alive, links);
    const database = memoryAdapter({
      clinic: this.clinic,
      zone: ZONE,
      capabilities: scenario.capabilities,
      mapping: String(this.mapping),
      ...(scenario.locks && { lockSilenceMs: LOCK_SILENCE_MS }),
      wait: (ms, fire) => time.after(ms, fire),
    });
    const adapter = serverSide(database, {
      clinic: this.clinic,
      random: this.random,
      violate: (promise, text) => {
        this.violate(promise, text);
      },
    });
    const mirror = faultyMirror(memoryMirror({ disk: this.disk }), {
      before: async (what, isWrite) => {
        await step();
        if (isWrite && time.now < this.troubles.diskFull) return fault('MirrorFull');
        if (time.now < this.troubles.diskFail && what !== 'open' && what !== 'discard') return fault('MirrorFailed');
        if (random.chance(0.3)) await time.wait(random.int(1, 8));
        await step();
        return undefined;
      },
      after: async () => {
        await step();
        if (random.chance(0.2)) await time.wait(random.int(1, 5));
        await step();
      },
    });
    const sync = new ClinicSync({
      clinicId: CLINIC,
      adapter: faultyAdapter(adapter, road),
      mirror,
      runtime,
      tuning: SIM_TUNING,
    });
    const process: HostProcess = { runtime, sync, links, following: null, started: false };
    this.process = process;
    this.note('launch');
    this.hooks.onProcess(process);
    void this.startSync(process);
  }

  /** A second process of the platform's comes, books, and goes. */
  contend({ forMs, r }: Rival): void {
    const { scenario, time, clinic } = this;
    this.note('a second process');
    const contender = new Contender({
      clinic,
      time,
      scenario,
      random: new Random(r),
      lockSilenceMs: LOCK_SILENCE_MS,
      violate: (promise, text) => {
        this.violate(promise, text);
      },
      note: (line) => {
        this.note(line);
      },
      excused: () => this.clocksWereWrong || this.restored,
    });
    this.contender = contender;
    time.after(forMs, () => {
      contender.leave();
    });
  }

  /** S17: where the clinic's engine has locks, no two processes are live. */
  checkOwner(): void {
    const isLive = this.process?.sync.status.phase === 'live';
    if (isLive && this.scenario.locks && this.contender?.isLive === true)
      this.violate('S17', 'two processes are live at one clinic');
  }

  private async startSync(process: HostProcess): Promise<void> {
    const { sync, runtime } = process;
    const started = await sync.start();
    if (!runtime.alive || this.process !== process) return;
    if (started.isErr()) {
      this.note(`start failed: ${started.error.code}`);
      if (started.error.code === 'Stopped') return;
      runtime.setTimer(1_000, () => {
        if (this.process === process) void this.startSync(process);
      });
      return;
    }
    process.started = true;
    this.note(`started ${started.value.phase}`);
    await this.follow(process);
  }

  /** The host's consumer: goes on from its own durable cursor. */
  private async follow(process: HostProcess): Promise<void> {
    const { sync, runtime } = process;
    const again = (ms: number) => {
      runtime.setTimer(ms, () => {
        if (this.process === process) void this.follow(process);
      });
    };
    if (this.replica.cursor === null) {
      const snapshot = await sync.snapshot();
      if (!runtime.alive || this.process !== process) return;
      if (snapshot.isErr()) {
        again(500);
        return;
      }
      this.note(`snapshot ${String(snapshot.value.rows.length)} at ${snapshot.value.cursor}`);
      this.replica.takeSnapshot(snapshot.value.rows, snapshot.value.cursor);
      this.patients.given(snapshot.value.rows);
    }
    const lost = () => {
      process.following?.unsubscribe();
      process.following = null;
      this.replica.cursor = null;
      again(0);
    };
    process.following = sync.events({ after: this.replica.cursor ?? '' }).subscribe({
      next: (event) => {
        if (!runtime.alive || this.process !== process || this.replica.cursor === null) return;
        this.patients.told(event);
        if (this.replica.take(event)) lost();
      },
      error: (error: { code: string }) => {
        if (!runtime.alive || this.process !== process) return;
        this.note(`consumer: ${error.code}`);
        if (error.code === 'CursorLost') {
          if (!this.mirrorHarmed) this.violate('S3', 'a cursor was lost though the mirror kept its commits');
          lost();
        } else again(500);
      },
    });
  }

  crash(process: HostProcess, fate: DiskFate, downMs: number, random: Random): void {
    this.note(`killed (disk ${fate})`);
    process.runtime.kill();
    process.following?.unsubscribe();
    for (const link of process.links) link.cut();
    if (this.process === process) this.process = null;
    this.disk.crash();
    befall(this.disk, fate, this.shelfBackup, random);
    if (fate !== 'kept') {
      this.cutoff = Number.NEGATIVE_INFINITY;
      this.mirrorHarmed = true;
    }
    this.time.after(downMs, () => {
      if (!this.process) this.launch();
    });
  }

  /** Everything is well again: no trouble, right clocks, nobody about to be killed. */
  heal(): void {
    this.contender?.leave();
    Object.assign(this.troubles, NO_TROUBLES(), { calm: true });
    this.killAfter = null;
    this.setHostClock(0);
    this.clinicClockError = 0;
    this.refill();
    this.patients.leave();
    this.note('healed');
  }

  perform(action: Action): void {
    this.note(JSON.stringify(action));
    const random = new Random(action.r);
    const later = (ms: number, fire: () => void) => void this.time.after(ms, fire);
    if (this.scenario.earlyPulse && CHANGES.has(action.do)) {
      // The pulse moves when the row is written, a moment before the transaction can be seen.
      this.clinic.announce();
      later(random.int(1, EARLY_MS), () => {
        this.clinic.commitAnnounced(() => {
          this.change(action, random, later);
        });
      });
      return;
    }
    this.change(action, random, later);
  }

  private change(action: Action, random: Random, later: (ms: number, fire: () => void) => void): void {
    const { desk, clinic, troubles, time } = this;
    switch (action.do) {
      case 'insert':
        desk.insert(random);
        break;
      case 'book':
        this.patients.book(random);
        break;
      case 'race':
        this.patients.race(random);
        break;
      case 'clash':
        this.patients.clash(random);
        break;
      case 'cancel':
        this.patients.cancel(random);
        break;
      case 'hold':
        this.patients.hold(random);
        break;
      case 'storm':
        this.storm(action.ms, random);
        break;
      case 'late':
        desk.insertLate(random, later);
        break;
      case 'remove':
        desk.remove(random);
        break;
      case 'edit':
        desk.edit(random);
        break;
      case 'reuse':
        desk.reuse(random, later);
        break;
      case 'roster':
        desk.roster(random);
        break;
      case 'unrelated':
        desk.unrelated();
        break;
      case 'undecodable':
        desk.undecodable(random);
        break;
      case 'empty':
        this.empty(action.ms);
        break;
      case 'cut':
        this.silence();
        troubles.cut = Math.max(troubles.cut, time.now + action.ms);
        this.cutLinks();
        break;
      case 'hang':
        this.silence();
        troubles.hang = Math.max(troubles.hang, time.now + action.ms);
        break;
      case 'slow':
        troubles.slow = time.now + action.ms;
        break;
      case 'deafen':
        troubles.deaf = time.now + action.ms;
        break;
      case 'forbid':
        troubles.forbid = time.now + action.ms;
        break;
      case 'diskFull':
        troubles.diskFull = time.now + action.ms;
        break;
      case 'diskFail':
        troubles.diskFail = time.now + action.ms;
        break;
      case 'spuriousHint':
        for (const link of this.process?.links ?? []) link.hint(WHOLE_FUTURE);
        break;
      case 'backup':
        this.backup = { rows: clinic.all(), position: clinic.position };
        if (this.shelf) this.shelfBackup = cloneShelf(this.shelf);
        break;
      case 'restore':
        if (this.backup) {
          this.restored = true;
          this.cutLinks();
          clinic.restore(this.backup.rows, this.backup.position);
          this.history.observe();
        }
        break;
      case 'replaceClinic':
        this.cutLinks();
        clinic.replaceBy(`clinic-${String(random.int(2, 9))}`);
        for (let i = 0; i < 3; i++) desk.remove(random);
        break;
      case 'hostClock':
        // Two clocks that err alike cannot be told from two that are right.
        if (this.clinicClockError !== 0) break;
        this.clocksWereWrong = true;
        this.setHostClock(action.ms);
        later(action.forMs, () => {
          this.setHostClock(0);
        });
        break;
      case 'clinicClock':
        if (this.hostClockError !== 0) break;
        this.clocksWereWrong = true;
        this.clinicClockError = action.ms;
        later(action.forMs, () => {
          this.clinicClockError = 0;
        });
        break;
      case 'kill':
        this.killAfter = { steps: action.afterSteps + 1, action };
        break;
      case 'stop':
        this.stop(action.downMs);
        break;
      case 'resync':
        void this.process?.sync.resync();
        break;
      case 'remap':
        this.mapping++;
        break;
    }
  }

  /** Since when nothing gets through, for as long as nothing does. */
  silentFor(): number {
    const { troubles, time } = this;
    if (time.now >= Math.max(troubles.cut, troubles.hang)) troubles.silentSince = null;
    return troubles.silentSince === null ? 0 : time.now - troubles.silentSince;
  }

  private silence(): void {
    this.silentFor();
    this.troubles.silentSince ??= this.time.now;
  }

  private cutLinks(): void {
    const { process } = this;
    if (!process) return;
    for (const link of process.links) link.cut();
    process.links.clear();
  }

  private setHostClock(error: number): void {
    this.hostClockError = error;
    if (this.process) this.process.runtime.clockError = error;
  }

  /** The table is emptied, or the login sees nothing any more; a while later all is back. */
  private empty(ms: number): void {
    if (this.emptied) return;
    // What cannot be seen counts as not there.
    this.restored = true;
    const rows = this.clinic.all();
    this.emptied = rows;
    const removes = [...rows.values()].map(
      ({ row }) => ({ stream: row.kind === 'session' ? 'session' : 'busy', id: row.id }) as const,
    );
    this.clinic.commit({ removes });
    this.time.after(ms, () => {
      this.refill();
    });
  }

  /** Everybody at the desk at once. */
  private storm(ms: number, random: Random): void {
    const end = this.time.now + ms;
    const later = (wait: number, fire: () => void) => void this.time.after(wait, fire);
    const gust = () => {
      if (this.time.now > end) return;
      const kind = random.weighted({ insert: 4, remove: 3, edit: 6, reuse: 2 });
      if (kind === 'reuse') this.desk.reuse(random, later);
      else this.desk[kind](random);
      this.time.after(random.int(5, 250), gust);
    };
    gust();
  }

  private refill(): void {
    const rows = this.emptied;
    if (!rows) return;
    this.emptied = null;
    this.clinic.commit({ puts: [...rows.values()].map(({ row }) => row) });
  }

  private stop(downMs: number): void {
    const { process } = this;
    if (!process) return;
    this.process = null;
    process.following?.unsubscribe();
    void process.sync.stop().then(() => {
      if (!process.runtime.alive) return;
      this.note('stopped');
      process.runtime.kill();
      this.time.after(downMs, () => {
        if (!this.process) this.launch();
      });
    });
  }
}
