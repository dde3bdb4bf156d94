/**
 * The writing side of the port to a clinic's database: guarded booking, identity-checked deletion, and finding our own rows. The
 * rules of `adapter.ts` hold here too. No call holds a lock at the clinic while it waits for our network: each is one statement,
 * or a transaction that the server runs to its end by itself.
 */
import type { ResultAsync } from 'neverthrow';

import type { BookingDetails } from '../domain/booking.js';
import type { AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { ClinicRecord } from '../domain/row.js';
import type { SlotRef } from '../domain/slot.js';

export type { BookingDetails };

export interface BookOrder {
  readonly slot: SlotRef & { readonly locationId: string | null };
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
  /** The deadline had passed; nothing was inserted. */
  | { readonly outcome: 'late' };

export interface DeleteOrder {
  readonly id: string;
  /** The hash of the version that is to go, as the clinic's side computes it: another version under this id is left alone. */
  readonly hash: string;
  readonly deadline: Instant;
  readonly signal: AbortSignal;
}

/** `gone`: no such row. `changed`: another version, left alone. `late`: left alone because of the deadline. */
export type DeleteAnswer = { readonly outcome: 'deleted' | 'gone' | 'changed' | 'late' };

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
  /**
   * Inserts an appointment unless a busy row of the same practitioner overlaps it, in one statement together with the
   * deadline. Any error but those that say "not sent" leaves it open whether it was inserted.
   */
  book(order: BookOrder): ResultAsync<BookAnswer, AdapterError>;
  /** Deletes an appointment if it is still that version, in one statement together with the deadline. */
  delete(order: DeleteOrder): ResultAsync<DeleteAnswer, AdapterError>;
  /** The rows that carry a token now; more than one where it was used twice. Empty without a token column. */
  findToken(token: string, signal: AbortSignal): ResultAsync<readonly ClinicRecord[], AdapterError>;
}
