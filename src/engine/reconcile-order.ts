import type { Cause } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import type { RowKey, Stream } from '../domain/row.js';
import type { Scope } from '../domain/scope.js';
import type { MirrorSide } from './ask-ahead.js';
import type { Breaker } from './breaker.js';
import type { Company } from './company.js';
import type { DigestIndex } from './digest-index.js';
import type { Journal } from './journal.js';
import type { TellOnce } from './notices.js';
import type { Pace } from './pace.js';
import type { ReadingTools } from './reading.js';
import type { Touched } from './touched.js';

/** What a reconcile works with. */
export interface ReconcileTools extends ReadingTools {
  readonly journal: Journal;
  readonly index: DigestIndex;
  readonly breaker: Breaker;
  readonly touched: Touched;
  readonly tellOnce: TellOnce;
  /** The streams that the adapter reads. */
  readonly company: Company;
  readonly streams: readonly Stream[];
  /** The clinic's own, whose midnights divide its days. */
  readonly zone: string;
}

export interface ReconcileOrder {
  readonly scope: Scope;
  readonly cause: Cause;
  readonly signal: AbortSignal;
  /** Pauses between reads, and takes its turns; absent: on the governor's account. */
  readonly pace?: Pace;
  /** The host has looked at a mass change and accepts it. */
  readonly acceptMassChange?: boolean;
  /** For a whole scope whose mirror is still being checked; absent: the index holds its rows, and digests alone narrow it down. */
  readonly mirrorSide?: MirrorSide;
  /** Called with the number of rows read so far. */
  readonly onProgress?: (rows: number) => void;
}

export interface ReconcileOutcome {
  /** The pulse as of before the first row; the next look is measured from it. `null` when the link has none. */
  readonly baseline: string | null;
  /** When the read began: everything committed at the clinic before is in the mirror. */
  readonly asOf: Instant;
  readonly read: number;
  readonly created: number;
  readonly deleted: number;
  readonly replaced: number;
  readonly skipped: number;
  /** Rows that our own writes touched meanwhile and that were therefore left alone. */
  readonly lookAgain: readonly RowKey[];
}
