import { randomBytes } from 'node:crypto';

import type { Instant } from '../domain/instant.js';

/**
 * Everything that is not a function of its inputs: time, chance, names. Injected, so that a test can run the program on virtual
 * time, replay it from a seed, and stop it at any wait.
 */
export interface Runtime {
  /** The wall clock. May jump. */
  now(): Instant;
  /** Milliseconds from an arbitrary origin; never falls. All durations and timers go by this. */
  monotonic(): number;
  /** Calls `fire` once after `ms`; the answer cancels. */
  setTimer(ms: number, fire: () => void): () => void;
  /** From 0 inclusive to 1 exclusive. */
  random(): number;
  /** A text never given before by any process: 16 to 22 of `A-Za-z0-9_-`. */
  newId(): string;
}

/** The longest delay that Node's timers take; longer ones would fire at once. Source: Node.js documentation, `setTimeout`. */
const MAX_TIMER_MS = 2_147_483_647;

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (ms, fire) => {
    const timer = setTimeout(fire, Math.min(ms, MAX_TIMER_MS));
    return () => {
      clearTimeout(timer);
    };
  },
  random: () => Math.random(),
  // As many bits as a UUID, in a form that fits into a short column.
  newId: () => randomBytes(16).toString('base64url'),
};

/** Resolves after `ms`, or at once when the signal aborts. Leaves no timer and no listener behind. */
export function pause(runtime: Runtime, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = runtime.setTimer(ms, finish);
    signal.addEventListener('abort', finish);
  });
}

/** Waits until `work` is done, at most `ms`. Leaves no timer behind. */
export async function within(runtime: Runtime, ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const end = () => {
    over.abort();
  };
  work.then(end, end);
  await pause(runtime, ms, over.signal);
}
