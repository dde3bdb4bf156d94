import type { ClinicLink } from '../adapters/adapter.js';
import type { AdapterError } from '../domain/errors.js';
import { askClinic } from './call.js';
import type { Governor } from './governor.js';
import { pause, type Runtime } from './runtime.js';
import type { Tuning } from './tuning.js';

export interface HeartbeatOptions {
  readonly link: ClinicLink;
  readonly governor: Governor;
  readonly runtime: Runtime;
  readonly tuning: Tuning;
  readonly signal: AbortSignal;
  /** The clinic's clock minus ours. */
  readonly onBeat: (skewMs: number) => void;
  readonly onLost: (error: AdapterError) => void;
}

/**
 * Proves every `heartbeatMs` that the link is alive, whatever else goes on over it, and measures the clinic's clock. A connection
 * that died without a word is found within `heartbeatMs + requestTimeoutMs`. Goes on until the signal aborts or the link fails.
 */
export async function keepHeartbeat(options: HeartbeatOptions): Promise<void> {
  const { runtime, tuning, signal, onBeat, onLost } = options;
  for (;;) {
    await pause(runtime, tuning.heartbeatMs, signal);
    if (signal.aborted) return;
    const beat = await measureClock(options);
    if (signal.aborted) return;
    if (beat.isErr()) {
      onLost(beat.error);
      return;
    }
    onBeat(beat.value);
  }
}

/** One round trip: the clinic's clock minus ours, in ms, as of its middle. */
export async function measureClock({
  link,
  governor,
  runtime,
  tuning,
  signal,
}: Omit<HeartbeatOptions, 'onBeat' | 'onLost'>) {
  const began = runtime.monotonic();
  const before = runtime.now();
  const clock = await askClinic(runtime, tuning.requestTimeoutMs, signal, (inner) => link.now(inner));
  const took = runtime.monotonic() - began;
  if (clock.isOk()) governor.roundTrip(took);
  return clock.map((now) => Math.round(now - (before + took / 2)));
}
