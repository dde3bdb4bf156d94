import type { AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { MINUTE } from '../domain/instant.js';
import { WHOLE_FUTURE } from '../domain/scope.js';
import type { Capture } from '../domain/status.js';
import { askClinic } from './call.js';
import type { ReconcileLine } from './line.js';
import type { ReconcileTools } from './reconcile.js';
import { pause } from './runtime.js';

/** After this long without anything happening, pulses come more slowly. */
const QUIET_AFTER_MS = 10 * MINUTE;

/** How long a hint may come after the look that found its change, before push counts as having missed it. */
const HINT_GRACE_MS = 2_000;

export interface WatchOptions {
  readonly line: ReconcileLine;
  readonly signal: AbortSignal;
  /** The pulse as of before the first row of the resync. */
  readonly baseline: string | null;
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
  private pulseMoved = false;
  private lastLook: number;
  private lastAudit: number;
  private lastActivity: number;
  private lastHint = Number.NEGATIVE_INFINITY;
  private push: boolean;

  constructor(
    private readonly tools: ReconcileTools,
    private readonly options: WatchOptions,
  ) {
    const now = tools.runtime.monotonic();
    this.baseline = options.baseline;
    this.lastLook = this.lastAudit = this.lastActivity = now;
    this.push = tools.link.push;
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
      const failure = await this.awaitSignOfChange();
      if (signal.aborted) return;
      if (failure) {
        onLost(failure);
        return;
      }
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
    const { signal } = this.options;
    const pulse = link.pulse?.bind(link);
    const awaitPulse = link.awaitPulse?.bind(link);
    const base = this.baseline;
    if (!pulse || base === null) {
      await pause(runtime, this.untilNext(), signal);
      return undefined;
    }
    const waits = awaitPulse !== undefined && !this.push && this.suspiciousSince === null;
    if (!waits) await pause(runtime, Math.min(this.pulseInterval, this.untilNext()), signal);
    const began = this.now;
    const read = waits
      ? await askClinic(runtime, tuning.awaitPulseMs + tuning.requestTimeoutMs, signal, (inner) =>
          awaitPulse(base, Math.min(tuning.awaitPulseMs, Math.max(1, this.untilNext())), inner),
        )
      : await askClinic(runtime, tuning.requestTimeoutMs, signal, pulse);
    if (read.isErr()) return read.error;
    if (!waits) {
      governor.roundTrip(this.now - began);
      governor.charge(this.now - began);
    }
    if (read.value !== base) this.suspect();
    else if (this.suspiciousSince === null) this.options.onVerified(runtime.now() - Math.ceil(this.now - began));
    return undefined;
  }

  private suspect(): void {
    this.pulseMoved = true;
    this.suspiciousSince = this.now;
  }

  /** Looks at the whole future if the pulse moved, if a trailing look is due, or if the last look is too long ago. */
  private async lookIfDue(): Promise<void> {
    const { tuning, governor } = this.tools;
    const { line, signal } = this.options;
    const trailing = this.suspiciousSince !== null && this.now - this.suspiciousSince >= tuning.trailingLookMs;
    const sweep = this.now - this.lastLook >= tuning.sweepMs;
    if (!this.pulseMoved && !trailing && !sweep) return;
    await governor.admit(signal);
    if (signal.aborted) return;
    this.pulseMoved = false;
    const began = this.now;
    const looked = await line.request(WHOLE_FUTURE, 'clinic');
    if (looked.isErr()) return;
    this.lastLook = began;
    const { baseline, asOf, created, deleted, replaced } = looked.value;
    const found = created + deleted + replaced > 0;
    if (baseline !== null && baseline !== this.baseline) this.suspiciousSince = began;
    else if (!found && trailing) this.suspiciousSince = null;
    this.baseline = baseline;
    this.options.onVerified(asOf);
    if (found) {
      this.active();
      this.suspiciousSince = began;
      if (this.push && this.lastHint < began - HINT_GRACE_MS) void this.expectHint(began);
    }
  }

  /** A look found a change: if push works, its hint has come or is about to. */
  private async expectHint(foundAt: number): Promise<void> {
    await pause(this.tools.runtime, HINT_GRACE_MS, this.options.signal);
    if (!this.options.signal.aborted && this.lastHint < foundAt - HINT_GRACE_MS) this.pushLost();
  }

  private async auditIfDue(): Promise<void> {
    if (this.now - this.lastAudit < this.tools.tuning.auditMs || this.options.signal.aborted) return;
    await this.options.onAudit();
    this.lastAudit = this.now;
  }

  private get pulseInterval(): number {
    const { pulseMs, quietPulseMs } = this.tools.tuning;
    const quiet = this.push || this.now - this.lastActivity > QUIET_AFTER_MS;
    return quiet ? quietPulseMs : pulseMs;
  }

  /** The time until the next sweep, trailing look or audit. */
  private untilNext(): number {
    const { tuning } = this.tools;
    const due = [
      this.lastLook + tuning.sweepMs,
      this.lastAudit + tuning.auditMs,
      ...(this.suspiciousSince === null ? [] : [this.suspiciousSince + tuning.trailingLookMs]),
    ];
    return Math.max(0, Math.min(...due) - this.now);
  }
}
