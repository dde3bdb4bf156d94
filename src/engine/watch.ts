import type { AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { MINUTE } from '../domain/instant.js';
import { scopeOfKeys, WHOLE_FUTURE } from '../domain/scope.js';
import type { Capture } from '../domain/status.js';
import { unreadable } from './call.js';
import { Glances } from './glances.js';
import type { ReconcileLine } from './line.js';
import type { ReconcileTools } from './reconcile-order.js';
import { pause } from './runtime.js';
import { Waits } from './waits.js';

/** After this long without anything happening, pulses come more slowly. */
const QUIET_AFTER_MS = 10 * MINUTE;

/** How long a hint may come after the look that found its change, before push counts as having missed it. */
const HINT_GRACE_MS = 2_000;

/** Between two questions for new keys while a pulse that moved waits for its look. */
const PROBE_MS = 60;
/** Timers are early or late by some; whoever else asks meanwhile need not. */
const LEAST_PROBE_MS = 50;

/** A server that waits for us looks so many times in what would be the time of one pulse, and in a quiet spell. */
const LOOKS_A_PULSE = 4;
const QUIET_LOOKS_A_PULSE = 2;

/**
 * What such a question takes of the server, some index look-ups: asked every 60 ms, 0.41 to 0.48 ms on Postgres and on MariaDB, six times what it
 * takes one after the other. On a busy server it is asked often enough to count.
 */
const PROBE_COST_MS = 0.5;

/** Least time between two glances where no pulse says when, while people book and in a quiet spell. */
const BLIND_GLANCE_MS = 500;
const QUIET_GLANCE_MS = 2_000;

export interface WatchOptions {
  readonly line: ReconcileLine;
  readonly signal: AbortSignal;
  /** The pulse as of before the first row of the resync. */
  readonly baseline: string | null;
  /** When the resync began to read, by the monotonic clock. */
  readonly lookedAt: number;
  readonly onLost: (error: AdapterError) => void;
  readonly onVerified: (asOf: Instant) => void;
  readonly onCapture: (capture: Capture) => void;
  /** Called when it is time to check the mirror itself. */
  readonly onAudit: () => Promise<void>;
}

/**
 * Notices changes while live, by the cheapest means that the link has: hints are taken as places to look; beneath them the pulse
 * says whether to look at all; beneath that everything is compared at least every `sweepMs`.
 */
export class Watch {
  private baseline: string | null;
  /** A pulse that moved stays suspicious until one more look, a little later, finds nothing. */
  private suspiciousSince: number | null;
  /** The last pulse that was read; it differs from the baseline until a look has been made. */
  private seen: string | null;
  /** Since when a moved pulse waits for its look. */
  private movedSince: number | null = null;
  private probedAt = Number.NEGATIVE_INFINITY;
  private lastLook: number;
  /** From the last look to the next sweep. */
  private sweepMs: number;
  private lastAudit: number;
  private auditMs: number;
  private lastActivity: number;
  private lastHint = Number.NEGATIVE_INFINITY;
  private push: boolean;
  private readonly glances: Glances;
  private readonly waits: Waits;

  constructor(
    private readonly tools: ReconcileTools,
    private readonly options: WatchOptions,
  ) {
    const now = tools.runtime.monotonic();
    this.baseline = this.seen = options.baseline;
    this.lastLook = options.lookedAt;
    this.sweepMs = tools.company.spread(tools.tuning.sweepMs);
    this.auditMs = tools.company.spread(tools.tuning.auditMs);
    this.lastAudit = this.lastActivity = now;
    this.push = tools.link.push;
    this.glances = new Glances(tools);
    this.waits = new Waits(tools.runtime, options.signal);
    // The resync's baseline is a pulse that moved, too.
    this.suspiciousSince = options.baseline === null ? null : now;
  }

  get capture(): Capture {
    if (this.push) return 'push';
    return this.tools.link.pulse ? 'pulse' : 'sweep';
  }

  /** Somebody is booking, or something happened: be quick. */
  active(): void {
    this.lastActivity = this.now;
  }

  hinted(): void {
    this.lastHint = this.now;
    this.active();
  }

  pushLost(): void {
    if (!this.push) return;
    this.push = false;
    this.options.onCapture(this.capture);
  }

  /** Goes on until the signal aborts or the clinic fails. Bounded by nothing else: it is the steady state. */
  async run(): Promise<void> {
    const { signal, onLost } = this.options;
    while (!signal.aborted) {
      const failure = await this.awaitSignOfChange().catch(unreadable);
      if (signal.aborted) return;
      if (failure) {
        onLost(failure);
        return;
      }
      await this.glanceIfDue();
      await this.lookIfDue();
      await this.auditIfDue();
    }
  }

  private get now(): number {
    return this.tools.runtime.monotonic();
  }

  /** Waits until the next pulse has been read, or the next thing is due. Answers only failures. */
  private async awaitSignOfChange(): Promise<AdapterError | undefined> {
    const { link, runtime, tuning, governor } = this.tools;
    const pulse = link.pulse?.bind(link);
    const awaitPulse = link.awaitPulse?.bind(link);
    const { seen } = this;
    if (!pulse || seen === null) {
      await this.waits.pause(this.untilNext());
      return undefined;
    }
    // It has moved already, and on a busy server it always does: only what is new by its keys can be told meanwhile.
    if (this.waitsForCredit) {
      await this.waits.pause(Math.min(link.newKeys ? PROBE_MS : Infinity, this.untilNext()));
      return this.probe();
    }
    const waits = awaitPulse !== undefined && !this.push && this.suspiciousSince === null;
    const interval = waits ? tuning.quietPulseMs : this.pulseInterval;
    // A look reads the pulse before all else: in a quiet spell one just before it would be a call for nothing.
    if (this.isQuiet && this.lookAt <= this.now + interval) {
      await this.waits.pause(this.untilNext());
      return undefined;
    }
    if (!waits) await this.waits.pause(Math.min(interval, this.untilNext()));
    const began = this.now;
    const waitMs = waits ? Math.min(this.awaitPulseMs, Math.max(1, this.untilNext())) : 0;
    const read = waits
      ? await this.waits.ask(waitMs + tuning.requestTimeoutMs, (inner) =>
          awaitPulse(seen, waitMs, inner, this.lookEveryMs),
        )
      : await this.waits.ask(tuning.requestTimeoutMs, pulse);
    if (read.isErr()) return read.error;
    // Costs next to nothing by the port's promise, and is not charged: a look must not wait for what pulses cost.
    if (!waits) governor.roundTrip(this.now - began);
    if (read.value === seen) {
      if (this.suspiciousSince === null) this.options.onVerified(runtime.now() - Math.ceil(this.now - began));
      return undefined;
    }
    this.seen = read.value;
    if (this.movedSince === null) this.glances.moved();
    this.movedSince ??= this.now;
    this.suspiciousSince = this.now;
    return this.probe();
  }

  /** Where new rows show by their keys, asks for them first: that costs next to nothing, and most changes are new rows. */
  private async probe(): Promise<AdapterError | undefined> {
    const { link, tuning, governor } = this.tools;
    const newKeys = link.newKeys?.bind(link);
    if (!newKeys || this.push || this.options.signal.aborted) return undefined;
    if (this.now < this.probedAt + LEAST_PROBE_MS) return undefined;
    this.probedAt = this.now;
    governor.spend(PROBE_COST_MS);
    const keys = await this.waits.ask(tuning.requestTimeoutMs, newKeys);
    if (keys.isErr()) return keys.error;
    this.options.line.hint(scopeOfKeys(keys.value));
    return undefined;
  }

  /**
   * When the next look at the whole future is due, by the monotonic clock: as soon as the pulse moved, for the trailing look, and
   * for the sweep. Push that works leaves it to the sweep: its hints are looked at as they come. Without credit it waits, but
   * never beyond the sweep, which is what being blind for longer would cost.
   */
  private get lookAt(): number {
    const { tuning, governor } = this.tools;
    const sweepAt = this.lastLook + this.sweepMs;
    if (this.push) return sweepAt;
    // Servers that move their pulse for a while after a commit would have it all looked at again and again.
    const soonest = this.glances.pay ? this.lastLook + tuning.trailingLookMs : -Infinity;
    const due = Math.min(
      Math.max(this.movedSince ?? Infinity, soonest),
      this.suspiciousSince === null ? Infinity : this.suspiciousSince + tuning.trailingLookMs,
      sweepAt,
    );
    const wait = governor.waitMs(this.glances.reserveMs);
    return wait > 0 ? Math.max(due, Math.min(this.now + wait, sweepAt)) : due;
  }

  /** Whether the look that a moved pulse asks for has to wait. */
  private get waitsForCredit(): boolean {
    return this.movedSince !== null && this.lookAt > this.now;
  }

  private get glanceAt(): number {
    if (this.push) return Infinity;
    return this.glances.dueAt(this.waitsForCredit || this.seen === null);
  }

  private async glanceIfDue(): Promise<void> {
    const { line, signal } = this.options;
    if (this.now < this.glanceAt || signal.aborted) return;
    if (this.glances.isTrailing) await this.probe();
    const leastMs = this.seen !== null ? PROBE_MS : this.isQuiet ? QUIET_GLANCE_MS : BLIND_GLANCE_MS;
    if (await this.glances.make(line, leastMs)) this.active();
  }

  private async lookIfDue(): Promise<void> {
    if (this.now < this.lookAt || this.options.signal.aborted) return;
    const wasMoved = this.movedSince !== null;
    const began = this.now;
    this.movedSince = null;
    const before = this.tools.governor.spentMs;
    const looked = await this.options.line.request(WHOLE_FUTURE, 'clinic');
    if (looked.isErr()) return;
    this.glances.looked(this.tools.governor.spentMs - before);
    this.lastLook = began;
    this.sweepMs = this.tools.company.spread(this.tools.tuning.sweepMs);
    const { baseline, asOf, created, deleted, replaced, lookAgain } = looked.value;
    const found = created + deleted + replaced > 0;
    const isSuspicious = baseline !== null && (wasMoved || baseline !== this.baseline || found);
    const { suspiciousSince } = this;
    const wasEarly = suspiciousSince !== null && began < suspiciousSince + this.tools.tuning.trailingLookMs;
    // From now, not from when the look was asked for: it may have waited, and its pulse was read only then. A sweep that comes
    // before the trailing look is not it.
    if (isSuspicious) this.suspiciousSince = this.now;
    else if (!wasEarly) this.suspiciousSince = null;
    this.baseline = this.seen = baseline;
    // Rows that our own writes touched meanwhile are looked at again right away; until then nothing is proven.
    if (lookAgain.length === 0) this.options.onVerified(asOf);
    if (found) {
      this.active();
      if (this.push && this.lastHint < began - HINT_GRACE_MS) void this.expectHint(began);
    }
  }

  /** A look found a change: if push works, its hint has come or is about to. */
  private async expectHint(foundAt: number): Promise<void> {
    await pause(this.tools.runtime, HINT_GRACE_MS, this.options.signal);
    if (!this.options.signal.aborted && this.lastHint < foundAt - HINT_GRACE_MS) this.pushLost();
  }

  private async auditIfDue(): Promise<void> {
    if (this.now - this.lastAudit < this.auditMs || this.options.signal.aborted) return;
    await this.options.onAudit();
    this.lastAudit = this.now;
    this.auditMs = this.tools.company.spread(this.tools.tuning.auditMs);
  }

  private get isQuiet(): boolean {
    return this.push || this.now - this.lastActivity > QUIET_AFTER_MS;
  }

  private get pulseInterval(): number {
    const { tuning, company } = this.tools;
    return company.pulseMs(this.isQuiet ? tuning.quietPulseMs : tuning.pulseMs, this.isQuiet);
  }

  /** How often a server that waits for us looks: its own looks are cheaper than our questions. */
  private get lookEveryMs(): number {
    const { tuning } = this.tools;
    return this.isQuiet ? tuning.quietPulseMs / QUIET_LOOKS_A_PULSE : tuning.pulseMs / LOOKS_A_PULSE;
  }

  /** However long it waits, a change ends the wait. */
  private get awaitPulseMs(): number {
    const { tuning, company } = this.tools;
    return this.isQuiet ? company.pulseMs(tuning.awaitPulseMs, true) : tuning.awaitPulseMs;
  }

  /** The time until the next glance, look or audit. */
  private untilNext(): number {
    const auditAt = this.lastAudit + this.auditMs;
    return Math.max(0, Math.min(this.glanceAt, this.lookAt, auditAt) - this.now);
  }
}
