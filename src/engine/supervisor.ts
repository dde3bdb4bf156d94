import { err, ok, type Result } from 'neverthrow';

import type { ClinicAdapter } from '../adapters/adapter.js';
import { fault, type AdapterError, type MirrorError } from '../domain/errors.js';
import type { ClinicEvent, EngineEvent, ResyncReport } from '../domain/events.js';
import { SECOND, type Instant } from '../domain/instant.js';
import type { SlotRef } from '../domain/slot.js';
import type { ClinicStatus, HoldReason } from '../domain/status.js';
import { FRESHNESS_OF } from '../domain/status.js';
import type { Mirror } from '../mirror/mirror.js';
import { retryCeiling } from './backoff.js';
import { Breaker } from './breaker.js';
import { unreadable } from './call.js';
import type { Company, Place } from './company.js';
import { failureOf, type ReconcileFailure } from './failure.js';
import type { Clocks } from './heartbeat.js';
import type { Journal } from './journal.js';
import {
  initialState,
  transition,
  type LifecycleEffect,
  type LifecycleInput,
  type LifecycleState,
  type PendingResync,
} from './lifecycle.js';
import { MirrorHold } from './mirror-hold.js';
import { TellOnce } from './notices.js';
import { Requests } from './requests.js';
import { within, type Runtime } from './runtime.js';
import { LinkSession } from './session.js';
import type { Tuning } from './tuning.js';
import { advanceIfDue, tidy } from './upkeep.js';

export interface SupervisorOptions {
  readonly clinicId: string;
  readonly adapter: ClinicAdapter;
  readonly mirror: Mirror;
  readonly runtime: Runtime;
  readonly tuning: Tuning;
  readonly company: Company;
  readonly publish: (events: readonly ClinicEvent[]) => void;
  /** Slots that were promised to somebody, or are free again. */
  readonly onPromise: (slots: readonly SlotRef[]) => void;
  readonly onStatus: (status: ClinicStatus) => void;
}

interface ResyncWaiter {
  readonly accept: boolean;
  readonly resolve: (outcome: Result<ResyncReport, ReconcileFailure>) => void;
}

/** How long the goodbye to the last link may keep the next one waiting. An adapter is asked for one at a time. */
const GOODBYE_MS = SECOND;

/**
 * Carries out what the lifecycle decides: holds the one mirror and at most one link session of a clinic, and turns whatever
 * happens to them into inputs. All decisions are in `lifecycle.ts`.
 */
export class Supervisor {
  private state: LifecycleState;
  private session: LinkSession | null = null;
  private readonly breaker: Breaker;
  private readonly tellOnce = new TellOnce();
  private readonly life = new AbortController();
  private readonly mirror: MirrorHold;
  private attempt: AbortController | null = null;
  private connecting: Promise<void> = Promise.resolve();
  private cancelTimer: (() => void) | null = null;
  private closing: Promise<void> | null = null;
  private verifiedAt: Instant | null = null;
  private clockSuspect = false;
  private skewMs: number | null = null;
  private resyncedRows: number | null = null;
  /** The pulse that the last resync started from. */
  private baseline: string | null = null;
  /** When it began, by the monotonic clock: settling its doubts may have taken longer than a sweep. */
  private lookedAt = 0;
  /** Attempts to connect that were given up, and links that are being closed. */
  private goodbyes: Promise<unknown> = Promise.resolve();
  private readonly resyncWaiters = new Set<ResyncWaiter>();
  /** Bookings and deletions. */
  readonly requests: Requests;
  /** The error behind `status.lastFault`, with its field. */
  lastError: AdapterError | MirrorError | null = null;

  constructor(private readonly options: SupervisorOptions) {
    this.state = initialState(options.runtime.now());
    this.breaker = new Breaker(options.tuning);
    this.mirror = new MirrorHold(options, this.life.signal);
    this.requests = new Requests(this);
  }

  get status(): ClinicStatus {
    const { phase, since, lastFault } = this.state;
    return {
      clinicId: this.options.clinicId,
      phase,
      since,
      freshness: FRESHNESS_OF[phase],
      verifiedAt: this.verifiedAt,
      holds: this.holds,
      capture: this.session && phase === 'live' ? this.session.capture : null,
      lastFault,
      clockSkewMs: this.skewMs,
      clockSuspect: this.clockSuspect,
      resyncedRows: this.resyncedRows,
    };
  }

  get holds(): readonly HoldReason[] {
    const byHost = this.journal?.facts.heldByHost === true;
    return [...(this.state.phase === 'live' ? [] : ['not-live' as const]), ...(byHost ? ['host' as const] : [])];
  }

  /** The link, while there is one. */
  get link(): LinkSession | null {
    return this.session;
  }

  /** Places or releases the host's own hold, durably. Told only when it changes. */
  async holdByHost(held: boolean): Promise<Result<void, MirrorError>> {
    const { journal } = this;
    if (!journal) return err(fault('MirrorFailed', 'The mirror is being rebuilt.'));
    if (journal.facts.heldByHost === held) return ok();
    const type = held ? ('hold.placed' as const) : ('hold.released' as const);
    const events = [{ type, at: this.options.runtime.now(), cause: 'platform' as const }];
    const committed = await journal.commit({ facts: { heldByHost: held }, events });
    this.told();
    return committed.map(() => undefined);
  }

  /** `null` before the mirror is open and after it was closed or found damaged. */
  get journal(): Journal | null {
    return this.mirror.journal;
  }

  /** Opens the mirror and begins to connect. Fails only where the mirror cannot be opened. */
  async start(): Promise<Result<void, MirrorError>> {
    const opened = await this.mirror.open();
    if (opened.isErr()) return err(opened.error);
    this.verifiedAt = this.journal?.facts.verifiedAt ?? null;
    if (this.life.signal.aborted) return ok();
    this.dispatch({ type: 'start', resync: opened.value });
    return ok();
  }

  /** Ends everything; resolves when the link and the mirror are closed. */
  async stop(): Promise<void> {
    this.dispatch({ type: 'stop' });
    await this.closing;
  }

  /** The host is asking. */
  active(): void {
    if (this.state.phase !== 'live') this.options.company.wanted();
    this.session?.active();
  }

  /** Resolves when the next comparison of the whole future has ended. */
  requestResync(accept: boolean): Promise<Result<ResyncReport, ReconcileFailure>> {
    return new Promise((resolve) => {
      this.resyncWaiters.add({ accept, resolve });
      this.dispatch({ type: 'resyncRequested', accept });
    });
  }

  /** Something outside the engine found the mirror unreadable. */
  mirrorFault(error: MirrorError): void {
    this.failed({ kind: 'mirror', error });
  }

  private dispatch(input: LifecycleInput): void {
    const step = transition(this.state, input, this.options.runtime.now());
    const changed = step.state !== this.state;
    this.state = step.state;
    for (const effect of step.effects) this.carryOut(effect);
    if (changed) this.told();
  }

  private told(): void {
    this.options.onStatus(this.status);
  }

  private carryOut(effect: LifecycleEffect): void {
    const { tuning, runtime } = this.options;
    switch (effect.type) {
      case 'connect':
        this.connecting = this.connect();
        break;
      case 'disconnect':
        this.disconnect();
        break;
      case 'retryLater': {
        this.after(runtime.random() * retryCeiling(tuning, effect), { type: 'retryDue' });
        break;
      }
      case 'recheckLater':
        this.after(tuning.suspectRecheckMs, { type: 'recheckDue' });
        break;
      case 'cancelRetry':
        this.cancelTimer?.();
        this.cancelTimer = null;
        break;
      case 'resync':
        void this.resync(effect.resync, effect.quiet);
        break;
      case 'watch':
        this.watch();
        break;
      case 'unwatch':
        this.session?.stopWatch();
        break;
      case 'emit':
        this.emit(effect.event);
        break;
      case 'discardMirror':
        this.mirror.damaged();
        break;
      case 'close':
        this.closing ??= this.close(effect.inOrder);
        break;
    }
  }

  /** At most one timer runs: a retry while offline, or a recheck while suspect. */
  private after(ms: number, input: LifecycleInput): void {
    this.cancelTimer?.();
    this.cancelTimer = this.options.runtime.setTimer(ms, () => {
      this.cancelTimer = null;
      this.dispatch(input);
    });
  }

  /** In its turn among the clinics of this process. */
  private async connect(): Promise<void> {
    const attempt = new AbortController();
    this.attempt = attempt;
    await within(this.options.runtime, GOODBYE_MS, this.goodbyes);
    const place = await this.options.company.connecting.enter(attempt.signal);
    if (!place) return;
    try {
      if (!attempt.signal.aborted) await this.connectInPlace(attempt, place);
    } catch {
      // Such as an identity that cannot be compared.
      if (!attempt.signal.aborted) this.failed({ kind: 'clinic', error: unreadable() });
    } finally {
      place.leave();
    }
  }

  /** Rebuilds a damaged mirror first, then opens a link. */
  private async connectInPlace(attempt: AbortController, place: Place): Promise<void> {
    if (!this.journal) {
      const renewed = await this.mirror.renew();
      if (attempt.signal.aborted) return;
      if (renewed.isErr()) {
        this.failed({ kind: 'mirror', error: renewed.error });
        return;
      }
      this.verifiedAt = null;
    }
    const { journal, breaker, tellOnce } = this;
    if (!journal) return;
    const onFailure = (failure: ReconcileFailure) => {
      if (this.session?.tools.journal === journal && !attempt.signal.aborted) this.failed(failure);
    };
    const options = { ...this.options, journal, breaker, tellOnce, onFailure };
    const session = await LinkSession.open(options, AbortSignal.any([attempt.signal, place.lost]));
    if (session.isErr()) {
      // Too slow while others wait: it comes again, among those that are given longer.
      const error = place.lost.aborted ? fault('ClinicTimeout') : session.error;
      if (!attempt.signal.aborted) this.failed({ kind: 'clinic', error });
      return;
    }
    if (attempt.signal.aborted) {
      await session.value.close();
      return;
    }
    this.session = session.value;
    this.takeClocks(session.value.clocks);
    session.value.startHeartbeat(
      (clocks) => {
        this.takeClocks(clocks);
        if (this.state.phase === 'live') void this.keepUp(advanceIfDue);
      },
      (error) => {
        onFailure({ kind: 'clinic', error });
      },
    );
    this.emit({ type: 'connection.established', capture: session.value.capture });
    this.dispatch({ type: 'connected', reason: session.value.objection() });
  }

  private disconnect(): void {
    this.attempt?.abort();
    this.attempt = null;
    const { session } = this;
    this.session = null;
    this.resyncedRows = null;
    this.goodbyes = Promise.all([this.goodbyes, this.connecting, session?.close()]);
  }

  private async resync(pending: PendingResync, quiet: boolean): Promise<void> {
    const { session } = this;
    if (!session) return;
    const began = this.options.runtime.monotonic();
    const resynced = await session.resync(pending, quiet, (rows) => {
      this.resyncedRows = rows;
      this.told();
    });
    this.resyncedRows = null;
    const settled = resynced.isOk() && this.session === session ? await this.requests.settleAll(session) : ok();
    if (this.session !== session) {
      this.answerResync(err({ kind: 'clinic', error: fault('Aborted') }));
      return;
    }
    if (settled.isErr()) {
      this.failed(failureOf(settled.error));
      return;
    }
    this.answerResync(resynced.map(({ report }) => report));
    if (resynced.isErr()) {
      this.failed(resynced.error);
      return;
    }
    this.baseline = resynced.value.baseline;
    this.lookedAt = began;
    this.verifiedAt = resynced.value.asOf;
    if (pending.accept) this.breaker.reset();
    this.dispatch({ type: 'resynced' });
  }

  private watch(): void {
    const { session } = this;
    session?.startWatch({
      baseline: this.baseline,
      lookedAt: this.lookedAt,
      onLost: (error) => {
        if (this.session === session) this.failed({ kind: 'clinic', error });
      },
      onVerified: (asOf) => {
        this.verifiedAt = asOf;
      },
      onCapture: (to) => {
        this.emit({ type: 'capture.changed', from: 'push', to });
        this.told();
      },
      onAudit: () => this.keepUp(tidy),
    });
  }

  /** Takes in the difference of the clocks. */
  private takeClocks(clocks: Clocks): void {
    const { session } = this;
    if (!session) return;
    session.clocks = clocks;
    this.skewMs = clocks.skewMs;
    if (session.clockSuspect === this.clockSuspect) return;
    this.clockSuspect = session.clockSuspect;
    this.emit({ type: this.clockSuspect ? 'clock.suspect' : 'clock.trusted', skewMs: clocks.skewMs });
    this.told();
  }

  /** Does to the mirror what is due, if the clinic is still the one that it was due at. */
  private async keepUp(work: typeof tidy): Promise<void> {
    const { session, journal } = this;
    if (!session || !journal) return;
    const done = await work(session, journal);
    if (done.isErr()) this.failed({ kind: 'mirror', error: done.error });
  }

  private emit(event: EngineEvent): void {
    const { journal } = this;
    if (!journal) return;
    void journal
      .commit({ events: [{ ...event, at: this.options.runtime.now(), cause: 'engine' }] })
      .then((committed) => {
        if (committed.isErr() && this.journal === journal) this.failed({ kind: 'mirror', error: committed.error });
      });
  }

  private failed(failure: ReconcileFailure): void {
    if (failure.kind === 'held') {
      this.dispatch({ type: 'massChange', change: failure.change });
      return;
    }
    const { code } = failure.error;
    if (code === 'Aborted') return;
    this.lastError = failure.error;
    this.answerResync(err(failure));
    if (code === 'MirrorCorrupt') this.dispatch({ type: 'mirrorDamaged' });
    else if (code === 'Fenced') this.dispatch({ type: 'fenced' });
    else this.dispatch({ type: failure.kind === 'clinic' ? 'clinicFailed' : 'mirrorFailed', code });
  }

  private answerResync(outcome: Result<ResyncReport, ReconcileFailure>): void {
    const isHeld = outcome.isErr() && outcome.error.kind === 'held';
    const isAccepted = this.state.phase === 'suspect' && this.state.resync.accept;
    for (const waiter of this.resyncWaiters) {
      // Held by a look that began before the host accepted: the one that goes by that is under way.
      if (isHeld && isAccepted && waiter.accept) continue;
      this.resyncWaiters.delete(waiter);
      waiter.resolve(outcome);
    }
  }

  private async close(inOrder: boolean): Promise<void> {
    this.life.abort();
    this.answerResync(err({ kind: 'clinic', error: fault('Aborted') }));
    await this.goodbyes;
    await this.mirror.close(inOrder);
  }
}
