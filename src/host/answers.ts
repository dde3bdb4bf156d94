import type { Cursor } from '../domain/cursor.js';
import type { AdapterErrorCode, ErrorOf, MirrorErrorCode } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { RowIdentity, StoredRow } from '../domain/row.js';
import type { Slot, SlotRef } from '../domain/slot.js';
import type { Freshness } from '../domain/status.js';
import type { SlotState } from '../engine/availability.js';
import type { AppointmentError } from '../engine/deletion.js';
import type { OutcomeError, RequestError } from '../engine/requests.js';
import type { SlotError } from '../engine/booking.js';

export interface AvailabilityAnswer {
  /** In order of start, then practitioner. */
  readonly slots: readonly Slot[];
  /** More than `limit` slots are free. */
  readonly truncated: boolean;
  /** Where more are free: `after` of the same filter goes on from here. Otherwise `null`. */
  readonly next: string | null;
  /** Only `live` is verified; anything else may have changed at the clinic since `verifiedAt`. */
  readonly freshness: Freshness;
  /** The last instant at which the copy was known to equal the clinic; `null`: never. */
  readonly verifiedAt: Instant | null;
}

/** An answer that is kept up to date. */
export interface AvailabilityUpdate extends AvailabilityAnswer {
  /** The slots that the answer before this one did not have; all of them the first time. */
  readonly came: readonly Slot[];
  /** Those that it had, and that are not among these any more. */
  readonly went: readonly Slot[];
}

export interface SlotAnswer {
  readonly slot: SlotRef;
  readonly state: SlotState;
  readonly freshness: Freshness;
  readonly verifiedAt: Instant | null;
}

/** What became of a request that was recorded; `unknown`: none was. */
export type RequestOutcome =
  { readonly result: 'booked'; readonly row: RowIdentity } | { readonly result: 'deleted' | 'unknown' };

/** The whole copy, and the place in the log that it is of. */
export interface Snapshot {
  readonly rows: readonly StoredRow[];
  readonly cursor: Cursor;
}

export type NotRunning = 'NotStarted' | 'Stopped';
export type StartError = ErrorOf<MirrorErrorCode | AdapterErrorCode | 'Stopped'>;
export type ReadError = ErrorOf<MirrorErrorCode | NotRunning>;
export type AvailabilityError = ReadError | ErrorOf<'InvalidArgument' | 'UnknownPractitioner' | 'NoSessions'>;
export type EventsError = ReadError | ErrorOf<'InvalidArgument' | 'CursorLost'>;
export type ResyncError = ErrorOf<MirrorErrorCode | AdapterErrorCode | NotRunning | 'ClinicSuspect'>;
export type BookingError = RequestError | SlotError;
export type HoldError = SlotError | ReadError | ErrorOf<'KeyReused' | 'NotLive' | 'BookingsHeld'>;
export type DeleteError = RequestError | AppointmentError | ErrorOf<'InvalidArgument'>;
export type OutcomeOfKeyError = OutcomeError | ReadError | ErrorOf<'InvalidArgument'>;
