import { err, ok, type Result } from 'neverthrow';

import type { ClinicLink } from '../adapters/adapter.js';
import type { AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { askClinic, unreadable } from './call.js';
import type { Company } from './company.js';
import type { Governor } from './governor.js';
import type { Runtime } from './runtime.js';
import type { Tuning } from './tuning.js';
import { Waits } from './waits.js';

/** Both clocks at one moment. */
export interface Clocks {
  /** The clinic's minus ours, in ms. */
  readonly skewMs: number;
  /** The earlier of the two. */
  readonly earlier: Instant;
  /** The moment, by the monotonic clock, which no jump of ours moves. */
  readonly monotonic: number;
}

export interface HeartbeatOptions {
  readonly link: ClinicLink;
  readonly governor: Governor;
  readonly runtime: Runtime;
  readonly tuning: Tuning;
  readonly company: Company;
  readonly signal: AbortSignal;
  readonly onBeat: (clocks: Clocks) => void;
  readonly onLost: (error: AdapterError) => void;
}

/**
 * Proves every `heartbeatMs` that the link is alive, whatever else goes on over it, and measures the clinic's clock. A connection
 * that died without a word is found within `heartbeatMs + requestTimeoutMs`. Goes on until the signal aborts or the link fails.
 */
export async function keepHeartbeat(options: HeartbeatOptions): Promise<void> {
  const { runtime, tuning, company, signal, onBeat, onLost } = options;
  const waits = new Waits(runtime, signal);
  for (;;) {
    await waits.pause(company.spread(tuning.heartbeatMs));
    if (signal.aborted) return;
    const beat = await measureClocks(options, (timeoutMs, call) => waits.ask(timeoutMs, call));
    if (signal.aborted) return;
    if (beat.isErr()) {
      onLost(beat.error);
      return;
    }
    onBeat(beat.value);
  }
}

/** Reads both clocks, ours as of the middle of the round trip. */
export async function measureClocks(
  tools: Omit<HeartbeatOptions, 'onBeat' | 'onLost'>,
  ask: Waits['ask'] = (timeoutMs, call) => askClinic(tools.runtime, timeoutMs, tools.signal, call),
): Promise<Result<Clocks, AdapterError>> {
  const { link, governor, runtime, tuning } = tools;
  const began = runtime.monotonic();
  const before = runtime.now();
  const answer = await ask(tuning.requestTimeoutMs, (signal) => link.now(signal));
  const monotonic = runtime.monotonic();
  if (answer.isOk()) governor.roundTrip(monotonic - began);
  return answer.andThen((clinic) => {
    if (!Number.isFinite(clinic)) return err(unreadable());
    const ours = Math.round(before + (monotonic - began) / 2);
    return ok({ skewMs: clinic - ours, earlier: Math.min(clinic, ours), monotonic });
  });
}
