import { err, ok, type Result } from 'neverthrow';
import { Observable, Subject } from 'rxjs';

import type { ClinicSync } from './clinic-sync.js';
import type { ClinicSyncOptions } from './clinic-options.js';
import { ClinicSyncError, fault, type ErrorOf } from './domain/errors.js';
import type { ClinicEvent, EventOf, EventType } from './domain/events.js';
import { SECOND } from './domain/instant.js';
import { systemRuntime, type Runtime } from './engine/runtime.js';
import type { Tuning } from './engine/tuning.js';
import { Concierge } from './fleet/concierge.js';
import { FleetReader, type FleetCursors, type FleetReading } from './fleet/fleet-reading.js';
import { Headcount, type FleetStatus } from './fleet/fleet-status.js';
import { Member } from './fleet/member.js';
import { SharedTimers } from './fleet/shared-timers.js';
import { Listeners } from './host/listeners.js';
import { memoryMirror } from './mirror/memory/index.js';
import type { Mirror } from './mirror/mirror.js';

export interface ClinicFleetOptions {
  /** Where all copies are kept: one store for all clinics. Default: in memory, so that every start is a first copy. */
  readonly mirror?: Mirror;
  /** How many clinics may be connecting at once, 2 or more. Default 32. */
  readonly maxConnecting?: number;
  /** How many clinics' futures may be compared or copied at once, 2 or more. Default 8. */
  readonly maxResyncing?: number;
  /**
   * How many pulses a second all clinics may take together, where servers cannot wait for us: with more clinics than fit at their
   * `pulseMs`, each is asked less often. A sixth is for those at which nothing has happened for ten minutes. Default 6,000.
   */
  readonly pulsesPerSecond?: number;
  /** How long bookings under way have to come to their outcome when clinics are stopped or removed, in ms. Default 5,000. */
  readonly drainMs?: number;
  /** Departures from `DEFAULT_TUNING` for all clinics; a clinic's own go before. */
  readonly tuning?: Partial<Tuning>;
  /** Time, chance and names; for tests. */
  readonly runtime?: Runtime;
}

/** One clinic of a fleet: what {@link ClinicSync} takes, but for what the fleet gives to all of them. */
export type FleetClinicOptions = Omit<ClinicSyncOptions, 'mirror' | 'runtime'>;

/** `status$` tells of what changed at most this often. */
const STATUS_EVERY_MS = 250;

/**
 * Many clinics in one process: each is a {@link ClinicSync} with all that it promises, and none is touched by what becomes of another.
 * They share one mirror, and take turns where thousands that start at once would be too much for the process.
 *
 * The constructor throws `InvalidArgument` for options that a programmer has to mend; nothing else throws or rejects.
 */
export class ClinicFleet implements Iterable<ClinicSync> {
  private readonly mirror: Mirror;
  private readonly drainMs: number;
  private readonly tuning: Partial<Tuning>;
  private readonly runtime: Runtime;
  private readonly concierge: Concierge;
  private readonly members = new Map<string, Member>();
  private readonly headcount = new Headcount();
  private readonly listeners: Listeners;
  private readonly told = new Subject<ClinicEvent>();
  private readonly statuses = new Subject<void>();
  private readonly readers = new Set<FleetReader>();
  private cancelStatus: (() => void) | null = null;
  private stopping: Promise<void> | null = null;

  constructor(options: ClinicFleetOptions = {}) {
    const { mirror = memoryMirror(), maxConnecting = 32, maxResyncing = 8, pulsesPerSecond = 6_000 } = options;
    const { drainMs = 5 * SECOND, tuning = {}, runtime = systemRuntime } = options;
    mustBe(
      'maxConnecting',
      maxConnecting,
      'a whole number from 2 on',
      Number.isInteger(maxConnecting) && maxConnecting >= 2,
    );
    mustBe(
      'maxResyncing',
      maxResyncing,
      'a whole number from 2 on',
      Number.isInteger(maxResyncing) && maxResyncing >= 2,
    );
    mustBe('pulsesPerSecond', pulsesPerSecond, 'a positive number', pulsesPerSecond > 0);
    mustBe('drainMs', drainMs, 'a number of milliseconds from 0 on', drainMs >= 0 && Number.isFinite(drainMs));
    this.mirror = mirror;
    this.drainMs = drainMs;
    this.tuning = tuning;
    this.runtime = SharedTimers.over(runtime);
    this.listeners = new Listeners(runtime);
    this.concierge = new Concierge({ maxConnecting, maxResyncing, pulsesPerSecond, runtime: this.runtime });
  }

  /**
   * Takes a clinic in and begins to start it. Answers at once, so that thousands can be added in a loop; `clinic.start()` waits for what
   * its first attempt comes to, and {@link status} tells of all. A start that fails, even for a reason that somebody has to mend first,
   * is tried again, after 10 s at most where trying helps and after 5 min at most where it does not.
   *
   * Fails with `ClinicExists`, `InvalidArgument` (naming the field) and `Stopped`.
   */
  add(options: FleetClinicOptions): Result<ClinicSync, ErrorOf<'ClinicExists' | 'InvalidArgument' | 'Stopped'>> {
    if (this.stopping) return err(fault('Stopped'));
    const { clinicId } = options;
    if (this.members.has(clinicId)) return err(fault('ClinicExists', undefined, { field: 'clinicId' }));
    const { mirror, runtime } = this;
    let member: Member;
    try {
      member = new Member({
        clinic: { ...options, tuning: { ...this.tuning, ...options.tuning }, mirror, runtime },
        company: this.concierge.company(),
        runtime,
        onEvent: (event) => {
          this.told.next(event);
          this.listeners.tell(event);
          this.stir(clinicId);
        },
        onStatus: (status, startFault) => {
          if (!this.headcount.note(status, startFault)) return;
          this.statusChanged();
          this.stir(clinicId);
        },
      });
    } catch (error) {
      if (error instanceof ClinicSyncError && error.code === 'InvalidArgument')
        return err(error as ErrorOf<'InvalidArgument'>);
      return err(fault('InvalidArgument', 'The options of the clinic could not be read.'));
    }
    this.members.set(clinicId, member);
    this.stir(clinicId);
    void member.run();
    return ok(member.sync);
  }

  /**
   * Stops a clinic as {@link stop} does all of them, and lets go of it: its id can be added again then. Its copy stays in the mirror.
   * Answers whether there was one. Never fails; calls for the same clinic share one outcome.
   */
  async remove(clinicId: string): Promise<boolean> {
    const member = this.members.get(clinicId);
    if (!member) return false;
    await member.leave(this.drainMs);
    if (this.members.get(clinicId) !== member) return true;
    this.members.delete(clinicId);
    this.headcount.forget(clinicId);
    this.statusChanged();
    return true;
  }

  /** `undefined` for one that was never added, or was removed. */
  get(clinicId: string): ClinicSync | undefined {
    return this.members.get(clinicId)?.sync;
  }

  /** In the order in which they were added. */
  get ids(): string[] {
    return [...this.members.keys()];
  }

  get size(): number {
    return this.members.size;
  }

  *[Symbol.iterator](): IterableIterator<ClinicSync> {
    for (const { sync } of this.members.values()) yield sync;
  }

  /** Every event of every clinic from now on, each clinic's in the order of its log. Completes with `stop()`, never errs. */
  get events$(): Observable<ClinicEvent> {
    return this.told.asObservable();
  }

  /**
   * Reads the logs of all clinics with one loop, each clinic's in its order: what was committed after its cursor in `after`, then what is
   * committed from now on, without a gap or a repetition. Take the `cursor` of what you have dealt with as that clinic's, and give all of
   * them back after a restart. A clinic that is added later is read as well, one that is removed is read no further, and one that is
   * added again goes on where it was.
   *
   * A clinic's `snapshot` comes where there is no cursor of it, where its place no longer exists, and where its copy was laid anew
   * (`snapshot.replaced`): it takes the place of all rows that you have of it, and its log is read on from there.
   *
   * Clinics take turns, and nothing is read ahead of a loop that is slow but a page of one log. A log that cannot be read now is tried
   * again, and is in no other's way. Never throws; ends with `stop()`, when `signal` aborts, or when you leave the loop. What was not read
   * is read by the next one.
   */
  async *events({
    after,
    signal,
  }: {
    readonly after: FleetCursors;
    readonly signal?: AbortSignal;
  }): AsyncGenerator<FleetReading, void, undefined> {
    if (this.stopping || signal?.aborted) return;
    const reader = new FleetReader({ after, clinic: (clinicId) => this.get(clinicId), runtime: this.runtime });
    const end = () => {
      reader.end();
    };
    this.readers.add(reader);
    signal?.addEventListener('abort', end);
    try {
      for (const clinicId of this.members.keys()) reader.stir(clinicId);
      yield* reader.read();
    } finally {
      signal?.removeEventListener('abort', end);
      this.readers.delete(reader);
      reader.end();
    }
  }

  /** Calls `listener` for every event of a type, of any clinic. One that throws harms no one else; its error is thrown on its own. */
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    this.listeners.on(type, listener);
    return this;
  }

  off<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    this.listeners.off(type, listener);
    return this;
  }

  get status(): FleetStatus {
    return { ...this.headcount.status, ...this.concierge.turns };
  }

  /**
   * The present status first, then what it is after changes, four times a second at most, however many clinics changed meanwhile.
   * Completes with `stop()`, never errs.
   */
  get status$(): Observable<FleetStatus> {
    return new Observable((subscriber) => {
      subscriber.next(this.status);
      return this.statuses.subscribe({
        next: () => {
          subscriber.next(this.status);
        },
        complete: () => {
          subscriber.complete();
        },
      });
    });
  }

  /**
   * Stops all clinics at once: nothing more is accepted, bookings under way have `drainMs`, then links and mirrors are closed and all
   * streams completed. Bounded, also where an adapter never ends. Idempotent; never fails. Calls at the same time share one outcome.
   */
  async stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    await this.stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async stopOnce(): Promise<void> {
    for (const reader of this.readers) reader.end();
    await Promise.all([...this.members.values()].map((member) => member.leave(this.drainMs)));
    this.cancelStatus?.();
    this.statuses.next();
    this.statuses.complete();
    this.told.complete();
    this.listeners.clear();
  }

  private stir(clinicId: string): void {
    for (const reader of this.readers) reader.stir(clinicId);
  }

  private statusChanged(): void {
    this.cancelStatus ??= this.runtime.setTimer(STATUS_EVERY_MS, () => {
      this.cancelStatus = null;
      this.statuses.next();
    });
  }
}

function mustBe(field: string, value: unknown, rule: string, holds: boolean): void {
  if (typeof value !== 'number' || !holds) throw fault('InvalidArgument', `${field} must be ${rule}.`, { field });
}
