import type { ErrorCode } from './errors.js';
import type { Instant } from './instant.js';
import type { RowIdentity } from './row.js';
import type { SlotRef } from './slot.js';

/**
 * How far a booking or a deletion has come; each state is durable before the next step is taken, and after a crash the request
 * goes on from it. `sent`: the statement may have reached the clinic. `committed`: it did, and the clinic said so, but the look
 * after it failed. `withdrawing`: somebody's row was in the way, and ours is being taken back. `closed`: the outcome is final.
 * A hold on a slot is `held` until it is released or its time is up, and never goes to the clinic.
 */
export type IntentState = 'held' | 'sent' | 'committed' | 'withdrawing' | 'closed';

/** What became of a request, for good. */
export type IntentOutcome =
  | { readonly result: 'booked'; readonly row: RowIdentity }
  | { readonly result: 'deleted' }
  /** Nothing of ours is at the clinic, and nothing will be. */
  | { readonly result: 'refused'; readonly code: ErrorCode }
  /** The engine cannot tell; somebody has to look. */
  | { readonly result: 'ambiguous' };

/** Where a slot was offered, and how many appointments may overlap there; absent: 1. */
export interface SlotPlace {
  readonly locationId: string | null;
  readonly capacity?: number;
}

/** What a request wants: a slot kept for somebody for a while, a row of ours in a slot, or one version of a row gone. */
export type IntentWish =
  | { readonly kind: 'hold'; readonly slot: SlotRef; readonly until: Instant }
  | { readonly kind: 'booking'; readonly slot: SlotRef & SlotPlace }
  | { readonly kind: 'deletion'; readonly row: RowIdentity };

/** The durable record of a booking or deletion under way. Holds nothing of the patient's. */
export interface Intent {
  /** The host's idempotency key, 1 to 200 characters; unique within the clinic. */
  readonly key: string;
  readonly wish: IntentWish;
  readonly state: IntentState;
  /** SHA-256 of the whole request in hex, so that a key that is used for something else shows. */
  readonly requestHash: string;
  /** Names our row at the clinic, where a column is mapped for it: at most 22 of `A-Za-z0-9_-`, never given before. */
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

/** Until when a closed intent is kept at least: a booking as long as its slot is ahead, so that the row is known as ours. */
export function keptUntil({ wish, outcome, closedAt }: Intent): Instant | null {
  if (closedAt === null) return null;
  return outcome?.result === 'booked' && wish.kind === 'booking' ? Math.max(closedAt, wish.slot.end) : closedAt;
}
