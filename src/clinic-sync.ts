import { err, ok, ResultAsync } from 'neverthrow';
import { Observable } from 'rxjs';

import type {
  AvailabilityAnswer,
  AvailabilityError,
  AvailabilityUpdate,
  BookingError,
  DeleteError,
  EventsError,
  HoldError,
  OutcomeOfKeyError,
  ReadError,
  RequestOutcome,
  ResyncError,
  SlotAnswer,
  Snapshot,
  StartError,
} from './host/answers.js';
import { failed } from './host/failed.js';
import { FrontDesk } from './host/front-desk.js';
import { resolveOptions, type ClinicSyncOptions } from './clinic-options.js';
import { Queries } from './host/queries.js';
import { Running } from './host/running.js';
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
import { fault, type AdapterError } from './domain/errors.js';
import type { ClinicEvent, EventOf, EventType, ResyncReport } from './domain/events.js';
import type { AvailabilityFilter } from './domain/filter.js';
import type { ClinicStatus } from './domain/status.js';
import { ALONE, type Company } from './engine/company.js';
import { describeClinic } from './engine/describe.js';
import { readLog, type EventPage } from './engine/log-reader.js';
import { followLog } from './engine/log-stream.js';

/**
 * Keeps an exact copy of one clinic's future appointments, tells of every change at once, and answers from the copy.
 *
 * Every request answers with a `Result` and never throws or rejects. The constructor throws `InvalidArgument` for options that a
 * programmer has to mend.
 */
export class ClinicSync {
  readonly clinicId: string;
  private readonly running: Running;
  private readonly queries: Queries;
  private readonly desk: FrontDesk;

  constructor(options: ClinicSyncOptions);
  /**
   * `company`: what a `ClinicFleet` has its clinics share; a clinic by itself waits for nobody.
   * @internal
   */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- one of the two does not reach a host's declarations
  constructor(options: ClinicSyncOptions, company: Company);
  constructor(options: ClinicSyncOptions, company: Company = ALONE) {
    const resolved = resolveOptions(options);
    this.clinicId = resolved.clinicId;
    this.running = new Running(resolved, company);
    this.queries = new Queries(this.running);
    this.desk = new FrontDesk(this.running);
  }

  /** Every event from now on, as it is committed. Completes with `stop()`, never errs. */
  get events$(): Observable<ClinicEvent> {
    return new Observable((subscriber) =>
      this.running.batches.subscribe({
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
      () => this.running.supervisor.journal,
      this.running.batches,
      after,
      (error) => {
        this.running.supervisor.mirrorFault(error);
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
    return this.running.withJournal<EventPage, EventsError>((journal) => readLog(journal, after, limit));
  }

  /** Calls `listener` for every event of a type. A listener that throws harms no one else; its error is thrown on its own. */
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    this.running.listeners.on(type, listener);
    return this;
  }

  off<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): this {
    this.running.listeners.off(type, listener);
    return this;
  }

  get status(): ClinicStatus {
    return this.running.supervisor.status;
  }

  /** The present status first, then each change of it; `verifiedAt` alone is no change. Completes with `stop()`. */
  get status$(): Observable<ClinicStatus> {
    return this.running.statuses.asObservable();
  }

  /**
   * Opens the mirror, connects, and compares the whole future. Resolves when the first attempt has come to something: `live`,
   * `suspect`, or `offline` when the clinic cannot be reached for now (it goes on trying). Fails, with everything closed again,
   * where trying again is pointless: `MirrorInUse`, `MirrorUnreadable`, `MirrorTooNew` and other faults of the mirror,
   * `SchemaMismatch`, `PermissionDenied`, `ClinicRefused`; `Stopped` after `stop()`. Calls at the same time share one outcome.
   */
  start(): ResultAsync<ClinicStatus, StartError> {
    return this.running.start();
  }

  /**
   * Waits for what is being committed, closes link and mirror, completes all streams. Everything that is asked from now on answers
   * `Stopped`; bookings and deletions under way are given `drainMs` (default 0) to come to their outcome, and are `InDoubt` after it, to
   * be settled by the next start. An attempt to connect has `tuning.requestTimeoutMs` to hear of it. Once it resolves, the clinic and the
   * mirror can be had by another. Idempotent; never fails.
   */
  async stop({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    await this.running.stop(drainMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The whole copy and its place in the log: `events({ after: cursor })` goes on from exactly here. */
  snapshot(): ResultAsync<Snapshot, ReadError> {
    return this.running.withJournal<Snapshot, ReadError>((journal) => journal.snapshot());
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
    const { adapter, runtime, tuning } = this.running.options;
    return new ResultAsync(describeClinic(adapter, { runtime, tuning, signal }));
  }

  /**
   * Compares the whole future with the clinic now, bookings held meanwhile. Offline, it tries to connect at once and fails if
   * that does. `ClinicSuspect`: a mass change is held; with `acceptMassChange` the host, having looked, lets it through.
   */
  resync({ acceptMassChange = false }: { readonly acceptMassChange?: boolean } = {}): ResultAsync<
    ResyncReport,
    ResyncError
  > {
    return this.running.withJournal<ResyncReport, ResyncError>(async () => {
      const report = await this.running.supervisor.requestResync(acceptMassChange);
      if (report.isOk()) return ok(report.value);
      if (report.error.kind === 'held') return err(fault('ClinicSuspect'));
      return err(this.running.isStopped ? fault('Stopped') : report.error.error);
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
    return this.running.withJournal(() => this.running.supervisor.holdByHost(true));
  }

  /** Ends the host's own hold; one that the clinic's state demands stays. Idempotent. */
  releaseBookings(): ResultAsync<void, ReadError> {
    return this.running.withJournal(() => this.running.supervisor.holdByHost(false));
  }
}
