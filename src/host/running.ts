import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { BehaviorSubject, skip, Subject } from 'rxjs';

import { ERRORS, fault, type ErrorOf } from '../domain/errors.js';
import type { ClinicEvent } from '../domain/events.js';
import type { SlotRef } from '../domain/slot.js';
import type { SlotLengths } from '../domain/slot-lengths.js';
import type { ClinicStatus } from '../domain/status.js';
import type { Company } from '../engine/company.js';
import type { Journal } from '../engine/journal.js';
import { within } from '../engine/runtime.js';
import { Supervisor, type SupervisorOptions } from '../engine/supervisor.js';
import type { NotRunning, StartError } from './answers.js';
import { failed } from './failed.js';
import { Listeners } from './listeners.js';

/** What a host asked for, with every default in its place. */
export interface RunningOptions extends Pick<
  SupervisorOptions,
  'clinicId' | 'adapter' | 'mirror' | 'runtime' | 'tuning'
> {
  /** How far ahead slots are offered, in ms. */
  readonly horizonMs: number;
  readonly lengths: SlotLengths;
}

/** One clinic from `start()` to `stop()`: its supervisor and its streams, as the parts that answer requests see them. */
export class Running {
  /** Events as they are committed, commit by commit. Completes with `stop()`. */
  readonly batches = new Subject<readonly ClinicEvent[]>();
  /** Slots that were promised to an online patient, or are free again. */
  readonly promised = new Subject<readonly SlotRef[]>();
  readonly statuses: BehaviorSubject<ClinicStatus>;
  readonly listeners: Listeners;
  /** Another one after a start that failed. */
  supervisor: Supervisor;
  private starting: Promise<Result<ClinicStatus, StartError>> | null = null;
  private stopping: Promise<void> | null = null;

  constructor(
    readonly options: RunningOptions,
    private readonly company: Company,
  ) {
    this.listeners = new Listeners(options.runtime);
    this.supervisor = this.newSupervisor();
    this.statuses = new BehaviorSubject(this.supervisor.status);
  }

  get isStopped(): boolean {
    return this.stopping !== null;
  }

  /** Calls at the same time share one outcome. */
  start(): ResultAsync<ClinicStatus, StartError> {
    if (this.isStopped) return failed(fault('Stopped'));
    this.starting ??= this.startOnce();
    return new ResultAsync(this.starting);
  }

  async stop(drainMs: number): Promise<void> {
    this.stopping ??= this.stopOnce(drainMs);
    await this.stopping;
  }

  /** Answers `NotStarted`, `Stopped` or `MirrorFailed` where there is no journal. */
  withJournal<T, E extends { readonly code: string }>(
    work: (journal: Journal) => Promise<Result<T, E>>,
  ): ResultAsync<T, E | ErrorOf<NotRunning | 'MirrorFailed'>> {
    if (this.isStopped) return failed(fault('Stopped'));
    const { journal } = this.supervisor;
    if (!journal) {
      const rebuilding = this.supervisor.status.phase !== 'idle';
      return failed(rebuilding ? fault('MirrorFailed', 'The mirror is being rebuilt.') : fault('NotStarted'));
    }
    return new ResultAsync(
      work(journal).then((result) => {
        if (result.isErr() && result.error.code === 'MirrorCorrupt')
          this.supervisor.mirrorFault(fault('MirrorCorrupt'));
        return result;
      }),
    );
  }

  private newSupervisor(): Supervisor {
    return new Supervisor({
      ...this.options,
      company: this.company,
      publish: (events) => {
        this.publish(events);
      },
      onStatus: (status) => {
        this.statuses.next(status);
      },
      onPromise: (slots) => {
        this.promised.next(slots);
      },
    });
  }

  private publish(events: readonly ClinicEvent[]): void {
    this.batches.next(events);
    for (const event of events) this.listeners.tell(event);
  }

  private async startOnce(): Promise<Result<ClinicStatus, StartError>> {
    const { supervisor } = this;
    const settled = new Promise<ClinicStatus>((resolve) => {
      const subscription = this.statuses.pipe(skip(1)).subscribe((status) => {
        if (status.phase === 'connecting' || status.phase === 'resyncing' || status.phase === 'idle') return;
        resolve(status);
        queueMicrotask(() => {
          subscription.unsubscribe();
        });
      });
    });
    const opened = await supervisor.start();
    if (opened.isErr()) return this.abandonStart(supervisor, opened.error);
    if (this.isStopped) return err(fault('Stopped'));
    const status = await settled;
    const { lastError } = supervisor;
    if (status.phase === 'stopped') return err(lastError?.code === 'Fenced' ? lastError : fault('Stopped'));
    if (status.phase === 'offline' && lastError && !ERRORS[lastError.code].retryable) {
      return this.abandonStart(supervisor, lastError);
    }
    return ok(status);
  }

  /** Closes everything, so that a later `start()` begins afresh. */
  private async abandonStart(supervisor: Supervisor, error: StartError): Promise<Result<ClinicStatus, StartError>> {
    await supervisor.stop();
    if (!this.isStopped) {
      this.starting = null;
      this.supervisor = this.newSupervisor();
      this.statuses.next(this.supervisor.status);
    }
    return err(error);
  }

  private async stopOnce(drainMs: number): Promise<void> {
    const { runtime } = this.options;
    if (drainMs > 0) await within(runtime, drainMs, this.supervisor.requests.finished());
    await this.supervisor.stop();
    // Whoever called start() has its outcome.
    (await this.starting)?.unwrapOr(undefined);
    this.statuses.next(this.supervisor.status);
    this.batches.complete();
    this.promised.complete();
    this.statuses.complete();
    this.listeners.clear();
  }
}
