import type { ErrorCode } from './errors.js';
import type { Instant } from './instant.js';
import type { RowIdentity } from './row.js';
import type { SlotRef } from './slot.js';

/**
 * How far a booking or a deletion has come; each state is durable before the next step is taken, and after a crash the request
 * goes on from it. `sent`: the statement may have reached the clinic. `committed`: it did, and the clinic said so, but the look
 * after it failed. `withdrawing`: somebody's row was in the way, and ours is being taken back. `closed`: the outcome is final.
 */
export type IntentState = 'sent' | 'committed' | 'withdrawing' | 'closed';

/** What became of a request, for good. */
export type IntentOutcome =
  | { readonly result: 'booked'; readonly row: RowIdentity }
  | { readonly result: 'deleted' }
  /** Nothing of ours is at the clinic, and nothing will be. */
  | { readonly result: 'refused'; readonly code: ErrorCode }
  /** The engine cannot tell; somebody has to look. */
  | { readonly result: 'ambiguous' };

/** What a request wants: a row of ours in a slot, or one version of a row gone. */
export type IntentWish =
  | { readonly kind: 'booking'; readonly slot: SlotRef & { readonly locationId: string | null } }
  | { readonly kind: 'deletion'; readonly row: RowIdentity };

/** The durable record of a booking or deletion under way. Holds nothing of the patient's. */
export interface Intent {
  /** The host's idempotency key, 1 to 200 characters; unique within the clinic. */
  readonly key: string;
  readonly wish: IntentWish;
  readonly state: IntentState;
  /** SHA-256 of the whole request in hex, so that a key that is used for something else shows. */
  readonly requestHash: string;
  /** Names our row at the clinic, where a column is mapped for it: 22 of `A-Za-z0-9_-`, never given before. */
  readonly token: string;
  /** After this instant of the clinic's clock the statement does nothing any more. `null` before it is sent. */
  readonly deadline: Instant | null;
  /** Our row as the clinic has it, once known. */
  readonly row: RowIdentity | null;
  readonly recordedAt: Instant;
  /** Set exactly when the state is `closed`. */
  readonly outcome: IntentOutcome | null;
  readonly closedAt: Instant | null;
}
