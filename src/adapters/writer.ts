/**
 * The writing side of the port to a clinic's database: guarded booking, identity-checked deletion, and finding our own rows. The
 * rules of `adapter.ts` hold here too. No call holds a lock at the clinic while it waits for our network: each is one statement,
 * or a transaction that the server runs to its end by itself.
 */
import type { Result, ResultAsync } from 'neverthrow';

import type { BookingDetails } from '../domain/booking.js';
import type { AdapterError, ErrorOf } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { ClinicRecord } from '../domain/row.js';
import type { SlotRef } from '../domain/slot.js';
import type { ReadRows } from './adapter.js';

export type { BookingDetails };

export type PlacedSlot = SlotRef & {
  readonly locationId: string | null;
  /** How many appointments of the practitioner may overlap there, this one included. Absent: 1. */
  readonly capacity?: number;
};

export interface BookOrder {
  readonly slot: PlacedSlot;
  readonly details: BookingDetails;
  /** Written into the token column where one is mapped, so that the row can be told from everybody else's. */
  readonly token: string;
  /** Once the clinic's own clock has reached this instant, nothing is inserted: what bounds a packet that arrives late. */
  readonly deadline: Instant;
  readonly signal: AbortSignal;
}

export type BookAnswer =
  /** Committed; the record is the row as read back, which rounding and triggers may have changed. */
  | { readonly outcome: 'booked'; readonly record: ClinicRecord }
  /** A busy row of the practitioner's overlapped; nothing was inserted. */
  | { readonly outcome: 'taken' }
  /** The deadline had passed, or the clinic has another owner by now; nothing was inserted. */
  | { readonly outcome: 'late' }
  | Unsent;

/** Nothing was sent to the clinic, and nothing will be: no connection could be had. */
export interface Unsent {
  readonly outcome: 'unsent';
  readonly error: AdapterError;
}

export interface DeleteOrder {
  readonly id: string;
  /** The hash of the version that is to go, as the clinic's side computes it: another version under this id is left alone. */
  readonly hash: string;
  readonly deadline: Instant;
  readonly signal: AbortSignal;
}

/**
 * `gone`: no such appointment, whatever the deadline; what else may be under this id is not said. `changed`: another version, left alone. `late`: left alone because the deadline had
 * passed, or the clinic has another owner by now; where a row is another version as well, either may be said.
 */
export type DeleteAnswer = { readonly outcome: 'deleted' | 'gone' | 'changed' | 'late' } | Unsent;

export interface TokenSearch {
  readonly token: string;
  /** Rows that start before this need not be looked at: without a bound the whole past would be read. */
  readonly from: Instant;
  readonly signal: AbortSignal;
}

/** Absent on a link that may only read. */
export interface ClinicWriter {
  /** True when a column is mapped for tokens: without it a doubt about a booking cannot be settled by looking. */
  readonly hasTokens: boolean;
  /**
   * A statement that reached the clinic has ended, one way or the other, this long after its deadline at the latest, in ms by
   * the clinic's clock. With the deadline it makes the fence behind which an outcome is final.
   */
  readonly statementLimitMs: number;
  /** Which of the details a column is mapped for; others are refused before anything is sent. */
  readonly details: readonly (keyof BookingDetails)[];
  /** Whether the database could hold such a booking, as far as the types of its columns tell; nothing is asked or sent. */
  check(slot: PlacedSlot, details: BookingDetails): Result<void, ErrorOf<'InvalidArgument'>>;
  /**
   * Inserts an appointment unless the slot is full: a blockout of the practitioner's (or of everybody's) overlaps it, or as many
   * appointments as its capacity. In one statement together with the deadline. `ClinicBusy`, `PermissionDenied`, `SchemaMismatch` and `Unstorable` say that nothing was inserted; any other error
   * leaves that open.
   */
  book(order: BookOrder): ResultAsync<BookAnswer, AdapterError>;
  /** Deletes an appointment if it is still that version, in one statement together with the deadline. */
  delete(order: DeleteOrder): ResultAsync<DeleteAnswer, AdapterError>;
  /** The rows that carry a token now; more than one where it was used twice. Empty without a token column. */
  findToken(search: TokenSearch): ResultAsync<ReadRows, AdapterError>;
}
