import { err, type Result } from 'neverthrow';

import type { ClinicAdapter, ClinicLink } from '../adapters/adapter.js';
import { fault, type AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { STREAMS } from '../domain/row.js';
import type { Capture, ResyncReason } from '../domain/status.js';
import type { Breaker } from './breaker.js';
import { askClinic, letGo, unreadable } from './call.js';
import type { Company } from './company.js';
import { DigestIndex } from './digest-index.js';
import { clinicFailure, type ReconcileFailure } from './failure.js';
import { Governor } from './governor.js';
import { keepHeartbeat, measureClocks, type Clocks } from './heartbeat.js';
import type { Journal } from './journal.js';
import type { PendingResync } from './lifecycle.js';
import { ReconcileLine } from './line.js';
import type { TellOnce } from './notices.js';
import { Pace } from './pace.js';
import type { ReconcileTools } from './reconcile-order.js';
import { resync, type Resynced } from './resync.js';
import { within, type Runtime } from './runtime.js';
import { Touched } from './touched.js';
import type { Tuning } from './tuning.js';
import { Watch, type WatchOptions } from './watch.js';
import { nextCutoff } from './window.js';

export interface SessionOptions {
  readonly adapter: ClinicAdapter;
  readonly clinicId: string;
  readonly journal: Journal;
  readonly breaker: Breaker;
  readonly tellOnce: TellOnce;
  readonly runtime: Runtime;
  readonly tuning: Tuning;
  readonly company: Company;
  readonly onFailure: (failure: ReconcileFailure) => void;
}

/** One link's life: everything that belongs to this connection and ends with it. */
export class LinkSession {
  readonly tools: ReconcileTools;
  readonly line: ReconcileLine;
  private readonly life = new AbortController();
  private watching: AbortController | null = null;
  private watch: Watch | null = null;
  /** As last measured. */
  clocks: Clocks;

  private constructor(
    readonly link: ClinicLink,
    private readonly options: SessionOptions,
  ) {
    const { adapter, journal, breaker, tellOnce, runtime, tuning, company, onFailure } = options;
    this.tools = {
      link,
      journal,
      breaker,
      tellOnce,
      runtime,
      tuning,
      index: new DigestIndex(adapter.zone),
      touched: new Touched(),
      company,
      governor: new Governor(runtime, tuning.load, tuning.sweepMs),
      streams: adapter.hasSessions ? STREAMS : ['busy'],
      zone: adapter.zone,
    };
    this.clocks = { skewMs: 0, earlier: runtime.now(), monotonic: runtime.monotonic() };
    this.line = new ReconcileLine(this.tools, this.life.signal, onFailure);
    // From the first moment on, so that a hint during the resync is looked at after it.
    link.events.on('hint', (scope) => {
      this.watch?.hinted();
      this.line.hint(scope);
    });
    link.events.on('pushLost', () => this.watch?.pushLost());
    link.events.on('lost', (error) => {
      if (!this.life.signal.aborted) onFailure({ kind: 'clinic', error });
    });
  }

  /** Connects and proves the link by a round trip, which measures the clinic's clock. */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Result<LinkSession, AdapterError>> {
    const { adapter, clinicId, runtime, tuning } = options;
    const letGoOf = (link: ClinicLink) => letGo(runtime, tuning.requestTimeoutMs, () => link.close());
    let late: Promise<void> | undefined;
    const link = await askClinic(runtime, tuning.readTimeoutMs, signal, (inner) => {
      const connecting = adapter.connect({ clinicId, signal: inner });
      late = closeIfLate(connecting, inner, letGoOf);
      return connecting;
    });
    if (link.isErr()) {
      // Given up or not: the adapter is asked for the next link when it has answered for this one.
      if (late) await within(runtime, tuning.requestTimeoutMs, late);
      return err(link.error);
    }
    let session: LinkSession;
    try {
      session = new LinkSession(link.value, options);
    } catch {
      void letGoOf(link.value);
      return err(unreadable());
    }
    const clocks = await measureClocks({ ...session.tools, signal });
    if (clocks.isErr()) await session.close();
    else session.clocks = clocks.value;
    return clocks.map(() => session);
  }

  /** Begins to prove that the link is alive; ends with it. */
  startHeartbeat(onBeat: (clocks: Clocks) => void, onLost: (error: AdapterError) => void): void {
    void keepHeartbeat({ ...this.tools, signal: this.life.signal, onBeat, onLost });
  }

  /** What the clinic's identity or the mapping says against going on as before. */
  objection(): ResyncReason | null {
    const { facts } = this.options.journal;
    const { identity } = this.link;
    if (facts.cutoff === null) return null;
    if (facts.clinicDatabase !== null && facts.clinicDatabase !== identity.database) return 'identity-changed';
    if (facts.clinicPosition !== null && identity.position !== null) {
      if (BigInt(identity.position) < BigInt(facts.clinicPosition)) return 'clinic-restored';
    }
    return facts.mappingId === this.options.adapter.mappingId ? null : 'mapping-changed';
  }

  get clockSuspect(): boolean {
    return Math.abs(this.clocks.skewMs) > this.tools.tuning.clockToleranceMs;
  }

  /**
   * The cutoff that the window should have now: the start of the clinic's day, by whichever clock was behind when both were last
   * read, going on by the monotonic clock, and by ours as it is now. Stays where it is while the clocks disagree.
   */
  dueCutoff(): Instant {
    const { facts } = this.options.journal;
    const { clocks, tools } = this;
    if (facts.cutoff !== null && this.clockSuspect) return facts.cutoff;
    const asRead = Math.round(clocks.earlier + (tools.runtime.monotonic() - clocks.monotonic));
    // Both may have been ahead when they were read, and ours put right since: nothing brings back what has been let go.
    const now = Math.min(asRead, tools.runtime.now());
    return nextCutoff(now, tools.zone, facts.cutoff);
  }

  /** In its turn among the clinics of this process. */
  async resync(
    pending: PendingResync,
    quiet: boolean,
    onProgress: (rows: number) => void,
  ): Promise<Result<Resynced, ReconcileFailure>> {
    const { signal } = this.life;
    const pace = await Pace.begin(this.options.company.resyncing, this.tools.tuning.resyncLoad, signal);
    if (!pace) return err(clinicFailure(fault('Aborted')));
    const { identity } = this.link;
    const facts = {
      mappingId: this.options.adapter.mappingId,
      clinicDatabase: identity.database,
      clinicPosition: identity.position,
    };
    try {
      return await this.line.exclusively(() =>
        resync(this.tools, { resync: pending, quiet, facts, cutoff: this.dueCutoff(), signal, pace, onProgress }),
      );
    } catch {
      return err(clinicFailure(unreadable()));
    } finally {
      pace.end();
    }
  }

  startWatch(options: Omit<WatchOptions, 'line' | 'signal'>): void {
    this.stopWatch();
    this.watching = new AbortController();
    const watch = new Watch(this.tools, { ...options, line: this.line, signal: this.watching.signal });
    this.watch = watch;
    // What waits in the line begins at once, and may end the watch before it has begun.
    this.line.resume();
    void watch.run();
  }

  stopWatch(): void {
    this.line.pause();
    this.watching?.abort();
    this.watch = null;
  }

  /** Aborts with the link. */
  get signal(): AbortSignal {
    return this.life.signal;
  }

  /** What the clinic's clock says by now, as far as the last measurement tells. */
  clinicNow(): Instant {
    return this.tools.runtime.now() + Math.round(this.clocks.skewMs);
  }

  /** The host is asking: be quick to notice changes. */
  active(): void {
    this.watch?.active();
  }

  get capture(): Capture {
    if (this.watch) return this.watch.capture;
    if (this.link.push) return 'push';
    return this.link.pulse ? 'pulse' : 'sweep';
  }

  /** Waits for a commit under way, ends everything else. */
  async close(): Promise<void> {
    this.stopWatch();
    this.life.abort();
    this.link.events.removeAllListeners();
    await this.options.journal.settled();
    await letGo(this.tools.runtime, this.tools.tuning.requestTimeoutMs, () => this.link.close());
  }
}

/** A link that comes when nobody waits for it any more would stay open, and with it the clinic's lock. */
async function closeIfLate(
  connecting: PromiseLike<Result<ClinicLink, AdapterError>>,
  givenUp: AbortSignal,
  close: (link: ClinicLink) => Promise<void>,
): Promise<void> {
  try {
    const link = await connecting;
    if (givenUp.aborted && link.isOk()) await close(link.value);
  } catch {
    // It rejected, against the port's rules, or answered no Result: there is nothing to close.
  }
}
