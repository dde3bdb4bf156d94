import type { Subscription } from 'rxjs';

import { ClinicSync } from '../clinic-sync.js';
import type { ClinicSyncOptions } from '../clinic-options.js';
import { ERRORS, type ErrorCode } from '../domain/errors.js';
import type { ClinicEvent } from '../domain/events.js';
import { MINUTE, SECOND } from '../domain/instant.js';
import type { ClinicStatus } from '../domain/status.js';
import type { Company } from '../engine/company.js';
import { pause, within, type Runtime } from '../engine/runtime.js';

export interface MemberOptions {
  readonly clinic: ClinicSyncOptions;
  readonly company: Company;
  readonly runtime: Runtime;
  readonly onEvent: (event: ClinicEvent) => void;
  readonly onStatus: (status: ClinicStatus, startFault: ErrorCode | null) => void;
}

/** A start that failed is tried again after a random wait up to 1 s × 2^n, but no more than this. */
const RESTART_CAP_MS = 10 * SECOND;
/** The same where somebody has to mend something first: a login, a mapping. */
const MENDED_CAP_MS = 5 * MINUTE;
/** Closing, after what was under way had its time. */
const CLOSING_MS = 15 * SECOND;

/** One clinic of a fleet: started, started again where that failed, and let go of within bounds. */
export class Member {
  readonly sync: ClinicSync;
  private readonly life = new AbortController();
  private readonly subscriptions: readonly Subscription[];
  private leaving: Promise<void> | null = null;
  private startFault: ErrorCode | null = null;

  /** Throws `InvalidArgument` as `ClinicSync` does. */
  constructor(private readonly options: MemberOptions) {
    const { clinic, company, onEvent, onStatus } = options;
    this.sync = new ClinicSync(clinic, company);
    this.subscriptions = [
      this.sync.events$.subscribe(onEvent),
      this.sync.status$.subscribe((status) => {
        onStatus(status, this.startFault);
      }),
    ];
  }

  /** Goes on until a start has succeeded, or the clinic leaves. */
  async run(): Promise<void> {
    const { runtime, onStatus } = this.options;
    for (let attempt = 0; !this.life.signal.aborted; attempt++) {
      const started = await this.sync.start();
      if (started.isOk()) {
        this.startFault = null;
        return;
      }
      const { code } = started.error;
      if (code === 'Stopped' || code === 'Fenced') return;
      this.startFault = code;
      onStatus(this.sync.status, code);
      const cap = ERRORS[code].retryable ? RESTART_CAP_MS : MENDED_CAP_MS;
      await pause(runtime, runtime.random() * Math.min(cap, SECOND * 2 ** Math.min(attempt, 30)), this.life.signal);
    }
  }

  /** Bookings under way have `drainMs`. Bounded, whatever the clinic's adapter and mirror do. */
  leave(drainMs: number): Promise<void> {
    return (this.leaving ??= this.end(drainMs));
  }

  get isLeaving(): boolean {
    return this.leaving !== null;
  }

  private async end(drainMs: number): Promise<void> {
    this.life.abort();
    await within(this.options.runtime, drainMs + CLOSING_MS, this.sync.stop({ drainMs }));
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }
}
