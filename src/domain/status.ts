import type { ErrorCode } from './errors.js';
import type { Instant } from './instant.js';

/**
 * Where one clinic's sync stands. `idle` before start; `connecting` until a connection proved itself; `resyncing` while the
 * whole future is compared; `live`; `suspect` while a mass change is held; `offline` between attempts; `stopped` for good.
 */
export type Phase = 'idle' | 'connecting' | 'resyncing' | 'live' | 'suspect' | 'offline' | 'stopped';

/** How far an answer from the copy can be trusted. Only `live` is verified against the clinic. */
export type Freshness = 'live' | 'resyncing' | 'offline' | 'suspect';

export const FRESHNESS_OF: Readonly<Record<Phase, Freshness>> = {
  idle: 'offline',
  connecting: 'offline',
  resyncing: 'resyncing',
  live: 'live',
  suspect: 'suspect',
  offline: 'offline',
  stopped: 'offline',
};

/** Why the whole future is compared again. */
export type ResyncReason =
  | 'first-copy' // the mirror is empty
  | 'start' // the mirror was closed in order, and time has passed
  | 'crash' // the process before this one did not close the mirror
  | 'outage' // the connection was lost
  | 'mirror-corrupt' // the mirror was damaged and is built anew
  | 'mirror-failed' // the mirror could not be written for a while
  | 'identity-changed' // another database answers
  | 'clinic-restored' // the same database with an older past: a restored backup
  | 'mapping-changed' // rows are read differently than before
  | 'suspect' // a held mass change is looked at again
  | 'requested'; // the host asked

/** How changes are noticed at present, quickest first: `push` (hints), `pulse`, `sweep` (digests or whole reads only). */
export type Capture = 'push' | 'pulse' | 'sweep';

/** Why bookings are not accepted. Empty when they are. */
export type HoldReason = 'not-live' | 'host';

export interface ClinicStatus {
  readonly clinicId: string;
  readonly phase: Phase;
  /** When the present phase began. */
  readonly since: Instant;
  readonly freshness: Freshness;
  /** The last instant at which the copy was known to equal the clinic's future; `null` before the first time. */
  readonly verifiedAt: Instant | null;
  readonly holds: readonly HoldReason[];
  readonly capture: Capture | null;
  /** The fault that ended the last connection or attempt, until live again. */
  readonly lastFault: ErrorCode | null;
  /** The clinic's clock minus ours, in ms, as last measured; `null` when never. */
  readonly clockSkewMs: number | null;
  /** True while the two clocks disagree by more than is safe: the window does not advance then. */
  readonly clockSuspect: boolean;
  /** Rows read so far while `resyncing`, otherwise `null`. */
  readonly resyncedRows: number | null;
}
