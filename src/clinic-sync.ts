import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { BehaviorSubject, Observable, skip, Subject } from 'rxjs';

import type { ClinicAdapter } from './adapters/adapter.js';
import type {
  AvailabilityAnswer,
  AvailabilityError,
  AvailabilityUpdate,
  BookingError,
  DeleteError,
  EventsError,
  HoldError,
  NotRunning,
  OutcomeOfKeyError,
  ReadError,
  RequestOutcome,
  ResyncError,
  SlotAnswer,
  Snapshot,
  StartError,
} from './host/answers.js';
import { FrontDesk } from './host/front-desk.js';
import { Listeners } from './host/listeners.js';
import { Queries } from './host/queries.js';
import type { Running } from './host/running.js';
import type {
  Booking,
  BookRequest,
  Deletion,
  DeleteRequest,
  HoldRequest,
  SlotHold,
  SlotInput,
} from './domain/booking.js';
import type { ClinicDescription } from './domain/description.js';
import type { Cursor } from './domain/cursor.js';
import { ERRORS, fault, type AdapterError, type ErrorOf } from './domain/errors.js';
import type { ClinicEvent, EventOf, EventType, ResyncReport } from './domain/events.js';
import { DEFAULT_HORIZON_MS, type AvailabilityFilter } from './domain/filter.js';
import type { SlotRef } from './domain/slot.js';
import { SlotLengths, type SlotOptions } from './domain/slot-lengths.js';
import type { ClinicStatus } from './domain/status.js';
import { describeClinic } from './engine/describe.js';
import type { Journal } from './engine/journal.js';
import { readLog, type EventPage } from './engine/log-reader.js';
import { followLog } from './engine/log-stream.js';
import { ALONE, type Company } from './engine/company.js';
import { systemRuntime, within, type Runtime } from './engine/runtime.js';
import { Supervisor } from './engine/supervisor.js';
import { DEFAULT_TUNING, type Tuning } from './engine/tuning.js';
import { memoryMirror } from './mirror/memory/index.js';
import type { Mirror } from './mirror/mirror.js';

export interface ClinicSyncOptions {
  /** The host's name for this clinic, 1 to 200 characters; names its rows in the mirror and its lock at the clinic. */
  readonly clinicId: string;
  /** How to reach the clinic's database: `postgresAdapter(…)`, `sqliteAdapter(…)`, or one of your own. */
  readonly adapter: ClinicAdapter;
  /** Where the copy is kept. Default: in memory, so that every start is a first copy. */
  readonly mirror?: Mirror;
  /** How far ahead slots are offered, in ms. Default 120 days. The copy itself has no upper bound. */
  readonly horizonMs?: number;
  /** How sessions are cut into slots, and the types of appointments that `availability({ type })` knows. */
  readonly slots?: SlotOptions;
  /** Departures from {@link DEFAULT_TUNING}. */
  readonly tuning?: Partial<Tuning>;
  /** Time, chance and names; for tests. */
  readonly runtime?: Runtime;
}

/**
 * Keeps an exact copy of one clinic's future appointments, tells of every change at once, and answers from the copy.
 *
 * Every request answers with a `Result` and never throws or rejects. The constructor throws `InvalidArgument` for options that a
 * programmer has to mend.
 */
export class ClinicSync {
  readonly clinicId: string;
  private readonly adapter: ClinicAdapter;
  private readonly mirror: Mirror;
  private readonly horizonMs: number;
  private readonly lengths: SlotLengths;
  private readonly tuning: Tuning;
  private readonly runtime: Runtime;
  private readonly batches = new Subject<readonly ClinicEvent[]>();
  private readonly promised = new Subject<readonly SlotRef[]>();
  private readonly listeners: Listeners;
  private readonly statuses: BehaviorSubject<ClinicStatus>;
  private readonly queries: Queries;
  private readonly desk: FrontDesk;
  private supervisor: Supervisor;
  private starting: Promise<Result<ClinicStatus, StartError>> | null = null;
  private stopping: Promise<void> | null = null;

  /** `company`: what a `ClinicFleet` has its clinics share; a clinic by itself waits for nobody. */
  constructor(
    options: ClinicSyncOptions,
    private readonly company: Company = ALONE,
  ) {
    const { clinicId, adapter, mirror = memoryMirror(), horizonMs = DEFAULT_HORIZON_MS } = options;
    if (typeof clinicId !== 'string' || clinicId.length === 0 || clinicId.length > 200) {
      throw fault('InvalidArgument', 'clinicId must be a text of 1 to 200 characters.', { field: 'clinicId' });
    }
    if (!(horizonMs > 0) || !Number.isFinite(horizonMs)) {
      throw fault('InvalidArgument', 'horizonMs must be a positive number of milliseconds.', { field: 'horizonMs' });
    }
    this.clinicId = clinicId;
    this.adapter = adapter;
    this.mirror = mirror;
    this.horizonMs = horizonMs;
    this.lengths = new SlotLengths(options.slots);
    this.tuning = { ...DEFAULT_TUNING, ...options.tuning };
    this.runtime = options.runtime ?? systemRuntime;
    this.listeners = new Listeners(this.runtime);
    this.supervisor = this.newSupervisor();
    this.statuses = new BehaviorSubject(this.supervisor.status);
    this.queries = new Queries(this.running());
    this.desk = new FrontDesk(this.running());
  }

  /** Every event from now on, as it is committed. Completes with `stop()`, never errs. */
  get events$(): Observable<ClinicEvent> {
    return new Observable((subscriber) =>
      this.batches.subscribe({
        next: (batch) => {
          for (const event of batch) subscriber.next(event);
        },
        complete: () => {
          subscriber.complete();
        },
      }),
    );
  }

  /**
   * Every event after a cursor: first from the log, then as they are committed, without a gap or a repetition. Errs with
   * `CursorLost` when that place no longer exists (take `snapshot()` then), `InvalidArgument` for a text that is no cursor, and
   * `NotStarted`. Completes with `stop()`.
   */
  events({ after }: { readonly after: Cursor }): Observable<ClinicEvent> {
    return followLog(
      () => this.supervisor.journal,
      this.batches,
      after,
      (error) => {
        this.supervisor.mirrorFault(error);
      },
    );
  }

  /**
   * One page of the log, for consumers that pull at their own pace. `limit` from 1 to 10,000, default 500. Fails with
   * `CursorLost`, `InvalidArgument`, `NotStarted`, `Stopped`, or what the mirror says.
   */
  readEvents({
    after,
    limit = 500,
  }: {
    readonly after: Cursor;
    readonly limit?: number;
  }): ResultAsync<EventPage, EventsError> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
      return failed(fault('InvalidArgument', 'limit must be a whole number from 1 to 10,000.', { field: 'limit' }));
    }
    return this.withJournal<EventPage, EventsError>((journal) => readLog(journal, after, limit));
  }

  /** Calls `listener` for every event of a type. A listener that throws harms no one else; its error is thrown on its own. */
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    this.listeners.on(type, listener);
    return this;
  }

  off<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    this.listeners.off(type, listener);
    return this;
  }

  get status(): ClinicStatus {
    return this.supervisor.status;
  }

  /** The present status first, then each change of it; `verifiedAt` alone is no change. Completes with `stop()`. */
  get status$(): Observable<ClinicStatus> {
    return this.statuses.asObservable();
  }

  /**
   * Opens the mirror, connects, and compares the whole future. Resolves when the first attempt has come to something: `live`,
   * `suspect`, or `offline` when the clinic cannot be reached for now (it goes on trying). Fails, with everything closed again,
   * where trying again is pointless: `MirrorInUse`, `MirrorUnreadable`, `MirrorTooNew` and other faults of the mirror,
   * `SchemaMismatch`, `PermissionDenied`, `ClinicRefused`; `Stopped` after `stop()`. Calls at the same time share one outcome.
   */
  start(): ResultAsync<ClinicStatus, StartError> {
    if (this.stopping) return failed(fault('Stopped'));
    this.starting ??= this.startOnce();
    return new ResultAsync(this.starting);
  }

  /**
   * Waits for what is being committed, closes link and mirror, completes all streams. Everything that is asked from now on answers
   * `Stopped`; bookings and deletions under way are given `drainMs` (default 0) to come to their outcome, and are `InDoubt` after it, to
   * be settled by the next start. Idempotent; never fails.
   */
  async stop({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.stopping ??= this.stopOnce(drainMs);
    await this.stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The whole copy and its place in the log: `events({ after: cursor })` goes on from exactly here. */
  snapshot(): ResultAsync<Snapshot, ReadError> {
    return this.withJournal<Snapshot, ReadError>((journal) => journal.snapshot());
  }

  /**
   * The free slots that a filter asks for, by the copy. Answered in every phase once started; `freshness` says how far to trust
   * it. Fails with `InvalidArgument` (naming the field), `UnknownPractitioner`, `NoSessions`, `NotStarted`, `Stopped`, or what
   * the mirror says.
   */
  availability(request: AvailabilityFilter = {}): ResultAsync<AvailabilityAnswer, AvailabilityError> {
    return this.queries.availability(request);
  }

  /**
   * The same, kept up to date: the present answer first, then one whenever its slots or its freshness change, with the slots that
   * came and went. Errs with
   * `InvalidArgument`, `UnknownPractitioner`, `NoSessions` and `NotStarted`; other faults leave the last answer standing.
   */
  watchAvailability(request: AvailabilityFilter = {}): Observable<AvailabilityUpdate> {
    return this.queries.watchAvailability(request);
  }

  /** What one slot is: `available`, `taken`, `not-offered` or `past`. Fails like {@link availability}. */
  slot(input: SlotInput): ResultAsync<SlotAnswer, AvailabilityError> {
    return this.queries.slot(input);
  }

  /** The same, kept up to date: while a person fills in the form. Errs like {@link watchAvailability}. */
  watchSlot(input: SlotInput): Observable<SlotAnswer> {
    return this.queries.watchSlot(input);
  }

  /**
   * Looks at the clinic's database and says what is there (version, rights, indexes and plans, clock, encryption …), what was chosen
   * because of it, and what would make it better, with the statements for that. Holds no lock and changes nothing, so it can be
   * asked at any time, before `start()` too. `renderDescription` makes a text of it. Errors: those of connecting, such as
   * `ClinicUnreachable`, `ClinicRefused`, `SchemaMismatch`; `ClinicTimeout` after `tuning.readTimeoutMs`; `Aborted`.
   */
  describe({ signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {}): ResultAsync<
    ClinicDescription,
    AdapterError
  > {
    const { runtime, tuning } = this;
    return new ResultAsync(describeClinic(this.adapter, { runtime, tuning, signal }));
  }

  /**
   * Compares the whole future with the clinic now, bookings held meanwhile. Offline, it tries to connect at once and fails if
   * that does. `ClinicSuspect`: a mass change is held; with `acceptMassChange` the host, having looked, lets it through.
   */
  resync({ acceptMassChange = false }: { readonly acceptMassChange?: boolean } = {}): ResultAsync<
    ResyncReport,
    ResyncError
  > {
    return this.withJournal<ResyncReport, ResyncError>(async () => {
      const report = await this.supervisor.requestResync(acceptMassChange);
      if (report.isOk()) return ok(report.value);
      if (report.error.kind === 'held') return err(fault('ClinicSuspect'));
      return err(this.stopping ? fault('Stopped') : report.error.error);
    });
  }

  /**
   * Books a slot that is offered and free. Answers once the clinic's database holds the appointment and nobody else's was in the
   * way at the look after its commit. The same key asked again answers the same, and never makes a second appointment.
   *
   * Nothing was written: `InvalidArgument` (naming the field), `NotLive`, `BookingsHeld`, `ReadOnlyClinic`, `UnknownPractitioner`,
   * `SlotPast`, `SlotNotOffered`, `SlotTaken`, `BeyondHorizon`, `KeyReused`, `NotStarted`, `Stopped`. `NotMade`: the clinic refused
   * or was too late, for good; try again under a new key. `InDoubt`: it cannot be known yet; a `request.settled` event will tell,
   * and so will the same call. `Ambiguous`: somebody has to look. Beyond these, what the mirror says.
   */
  book(request: BookRequest): ResultAsync<Booking, BookingError> {
    return this.desk.book(request);
  }

  /**
   * Deletes one version of an appointment. Nothing was deleted: `InvalidArgument`, `NotLive`, `BookingsHeld`, `ReadOnlyClinic`,
   * `AppointmentGone`, `AppointmentChanged`, `KeyReused`, `NotStarted`, `Stopped`, `NotMade`. `InDoubt` as for {@link book}.
   */
  delete(request: DeleteRequest): ResultAsync<Deletion, DeleteError> {
    return this.desk.delete(request);
  }

  /**
   * What became of a request: `booked` with its row, `deleted`, or `unknown` where nothing was ever recorded under the key.
   * Fails with what the request itself failed with for good, with `InDoubt` while that is open, or `InvalidArgument`.
   */
  outcome(idempotencyKey: string): ResultAsync<RequestOutcome, OutcomeOfKeyError> {
    return this.desk.outcome(idempotencyKey);
  }

  /**
   * Keeps a slot for one online patient while the form is open: it is shown as taken to all others, `book` with the same key takes
   * it over, and it ends by itself. The clinic hears nothing of it, so the front desk may still take the slot. Survives a restart.
   * Asked again with the same key, its time begins anew. Fails as {@link book} does before anything is sent.
   */
  hold(request: HoldRequest): ResultAsync<SlotHold, HoldError> {
    return this.desk.hold(request);
  }

  /** Gives a held slot free again before its time. A key that holds nothing changes nothing. Idempotent. */
  release(idempotencyKey: string): ResultAsync<void, OutcomeOfKeyError> {
    return this.desk.release(idempotencyKey);
  }

  /** Holds all bookings and deletions of this clinic until {@link releaseBookings}, across restarts. Idempotent. */
  holdBookings(): ResultAsync<void, ReadError> {
    return this.withJournal(() => this.supervisor.holdByHost(true));
  }

  /** Ends the host's own hold; one that the clinic's state demands stays. Idempotent. */
  releaseBookings(): ResultAsync<void, ReadError> {
    return this.withJournal(() => this.supervisor.holdByHost(false));
  }

  private newSupervisor(): Supervisor {
    const { clinicId, adapter, mirror, runtime, tuning, company } = this;
    return new Supervisor({
      clinicId,
      adapter,
      mirror,
      runtime,
      tuning,
      company,
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
    if (this.stopping) return err(fault('Stopped'));
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
    if (!this.stopping) {
      this.starting = null;
      this.supervisor = this.newSupervisor();
      this.statuses.next(this.supervisor.status);
    }
    return err(error);
  }

  private async stopOnce(drainMs: number): Promise<void> {
    if (drainMs > 0) await within(this.runtime, drainMs, this.supervisor.requests.finished());
    await this.supervisor.stop();
    // Whoever called start() has its outcome.
    (await this.starting)?.unwrapOr(undefined);
    this.statuses.next(this.supervisor.status);
    this.batches.complete();
    this.promised.complete();
    this.statuses.complete();
    this.listeners.clear();
  }

  /** The parts of it that requests need; the supervisor changes with a start that failed. */
  private running(): Running {
    const supervisor = () => this.supervisor;
    return {
      hasSessions: this.adapter.hasSessions,
      horizonMs: this.horizonMs,
      lengths: this.lengths,
      runtime: this.runtime,
      batches: this.batches,
      statuses: this.statuses,
      promised: this.promised,
      get supervisor() {
        return supervisor();
      },
      withJournal: (work) => this.withJournal(work),
    };
  }

  private withJournal<T, E extends { readonly code: string }>(
    work: (journal: Journal) => Promise<Result<T, E>>,
  ): ResultAsync<T, E | ErrorOf<NotRunning | 'MirrorFailed'>> {
    if (this.stopping) return failed(fault('Stopped'));
    const journal = this.supervisor.journal;
    if (!journal) {
      const rebuilding = this.status.phase !== 'idle';
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
}

function failed<E>(error: E): ResultAsync<never, E> {
  return new ResultAsync(Promise.resolve(err(error)));
}
