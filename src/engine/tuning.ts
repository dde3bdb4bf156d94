import { DAY, MINUTE, SECOND } from '../domain/instant.js';

/** The engine's settings; the defaults suit a clinic on old hardware. All durations in ms. */
export interface Tuning {
  /** Between two pulses while people book. */
  readonly pulseMs: number;
  /** Between two pulses after ten minutes in which nobody asked and nothing changed, and beneath a working push. */
  readonly quietPulseMs: number;
  /** How long a server that can wait for us waits in one call. */
  readonly awaitPulseMs: number;
  /** After a change was noticed, how long until the trailing look. */
  readonly trailingLookMs: number;
  /** The longest time between two comparisons of the whole future, whatever push and pulse say. */
  readonly sweepMs: number;
  /** Between two proofs that the connection is alive; also measures the clinic's clock. */
  readonly heartbeatMs: number;
  /** After which an unanswered request counts as failed and the connection as dead. */
  readonly requestTimeoutMs: number;
  /** The same for one read of rows or digests. */
  readonly readTimeoutMs: number;
  /** How long after it was sent a booking or deletion may still take effect at the clinic, by the clinic's clock. */
  readonly writeDeadlineMs: number;
  /** Reconnecting: the n-th wait is random between 0 and min(cap, base × 2^n) ("full jitter"). */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** The share of one second that our reads may keep the clinic's server busy while live. */
  readonly load: number;
  /** The same during a resync. */
  readonly resyncLoad: number;
  /**
   * From how many rows of a stream on a resync asks which rows differ by sketches, where the adapter computes them: at once for ten times as
   * many, otherwise where so many lie on days that differ. Below, reading those days is cheaper.
   */
  readonly sketchRows: number;
  /** How long events stay in the log. */
  readonly logRetentionMs: number;
  /** Between two checks of every row of the mirror against its fingerprint. */
  readonly auditMs: number;
  /** Between two looks at a clinic that is suspect. */
  readonly suspectRecheckMs: number;
  /** How far the clinic's clock and ours may differ. */
  readonly clockToleranceMs: number;
  /** A reconcile that would remove more rows of a stream than both of these within a minute is held. */
  readonly breakerRows: number;
  /** A share of the busy rows. */
  readonly breakerShare: number;
  /** A share of the sessions: one practitioner's whole roster may go at once. */
  readonly breakerSessionShare: number;
}

export const DEFAULT_TUNING: Tuning = {
  pulseMs: 40,
  quietPulseMs: 200,
  awaitPulseMs: 2 * SECOND,
  trailingLookMs: 250,
  sweepMs: 10 * SECOND,
  heartbeatMs: 5 * SECOND,
  requestTimeoutMs: 5 * SECOND,
  readTimeoutMs: 60 * SECOND,
  writeDeadlineMs: 5 * SECOND,
  retryBaseMs: 250,
  retryCapMs: 10 * SECOND,
  load: 0.02,
  resyncLoad: 0.5,
  sketchRows: 2_000,
  logRetentionMs: 7 * DAY,
  auditMs: 10 * MINUTE,
  suspectRecheckMs: 15 * SECOND,
  clockToleranceMs: 2 * MINUTE,
  breakerRows: 50,
  breakerShare: 0.05,
  breakerSessionShare: 0.5,
};
