import type { Cursor } from './cursor.js';
import type { ErrorCode } from './errors.js';
import type { Instant } from './instant.js';
import type { IntentOutcome } from './intent.js';
import type { ClinicRow, RowIdentity, RowKey } from './row.js';
import type { Capture, ResyncReason } from './status.js';

/**
 * Why an event happened: `start-up` and `resync` (the whole future was compared), `clinic` (noticed while live), `repair`
 * (an audit found the copy wrong), `platform` (our own booking or deletion), `engine` (the sync's own state).
 */
export type Cause = 'start-up' | 'resync' | 'clinic' | 'repair' | 'platform' | 'engine';

/** A row that the clinic has now. `replaces`: the version it took the place of: an edit, or a reused id. */
interface Created<T extends string> {
  readonly type: T;
  readonly row: ClinicRow;
  readonly fingerprint: string;
  readonly replaces?: RowIdentity;
}

/** A row that the clinic has no more. `replacedBy`: the version in its place, told by the event right after this one. */
interface Deleted<T extends string> {
  readonly type: T;
  readonly row: ClinicRow;
  readonly fingerprint: string;
  readonly replacedBy?: RowIdentity;
}

export type RowEvent =
  | Created<'appointment.created'>
  | Deleted<'appointment.deleted'>
  | Created<'session.created'>
  | Deleted<'session.deleted'>;

/** What a comparison of the whole future came to. Durations in ms. */
export interface ResyncReport {
  readonly reason: ResyncReason;
  readonly possibleConflict: boolean;
  /** Rows read from the clinic. */
  readonly read: number;
  readonly created: number;
  readonly deleted: number;
  /** Versions that took another's place; each also counts once as created and once as deleted. */
  readonly replaced: number;
  /** Rows that could not be decoded. */
  readonly skipped: number;
  /** Rows in the mirror afterwards. */
  readonly rows: number;
  readonly durationMs: number;
  /** How much of it the clinic was left alone, so that the resync kept to its share of the clinic's time. */
  readonly restedMs: number;
}

export type EngineEvent =
  /** The whole state was laid anew (first copy, rebuilt mirror, changed mapping): take `snapshot()`. */
  | { readonly type: 'snapshot.replaced'; readonly reason: ResyncReason; readonly rows: number }
  /** Rows that ended at or before `cutoff` left the copy because they are past; no deletions. */
  | { readonly type: 'window.advanced'; readonly cutoff: Instant; readonly pruned: number }
  | { readonly type: 'connection.established'; readonly capture: Capture }
  | { readonly type: 'connection.lost'; readonly code: ErrorCode }
  | { readonly type: 'resync.started'; readonly reason: ResyncReason; readonly possibleConflict: boolean }
  | ({ readonly type: 'resync.completed' } & ResyncReport)
  /** `removing` of `of` rows would disappear at once, more than `limit`; bookings are held until it clears. */
  | { readonly type: 'clinic.suspect'; readonly removing: number; readonly of: number; readonly limit: number }
  | { readonly type: 'clinic.trusted'; readonly by: 'look' | 'host' }
  | { readonly type: 'clock.suspect'; readonly skewMs: number }
  | { readonly type: 'clock.trusted'; readonly skewMs: number }
  /** Push missed a change that another look found, or stopped answering; the next best way of noticing takes over. */
  | { readonly type: 'capture.changed'; readonly from: Capture; readonly to: Capture }
  /** A row that cannot be decoded; told once per row and rule, without its content. */
  | { readonly type: 'row.skipped'; readonly key: RowKey; readonly field: string; readonly rule: string }
  /** A status that the mapping does not name; rows that have it count as busy. Told once per value. */
  | { readonly type: 'status.unknown'; readonly table: string; readonly value: string }
  /** A request that was in doubt has its outcome; `bookingId` names it. */
  | { readonly type: 'request.settled'; readonly outcome: IntentOutcome }
  /** A row of ours and rows of the clinic's overlap, and ours could not be taken back. */
  | { readonly type: 'conflict.detected'; readonly ours: RowIdentity; readonly others: readonly RowIdentity[] }
  | { readonly type: 'hold.placed' }
  | { readonly type: 'hold.released' };

/** What an event says, before it has a place in the log. */
export type EventBody = (RowEvent | EngineEvent) & {
  /** When this process observed it. */
  readonly at: Instant;
  readonly cause: Cause;
  /** The booking or deletion request that it belongs to, where one is known. */
  readonly bookingId?: string;
};

/** An event of the log. */
export type ClinicEvent = EventBody & { readonly clinicId: string; readonly cursor: Cursor };

export type EventType = EventBody['type'];
export type EventOf<T extends EventType> = Extract<ClinicEvent, { type: T }>;

export function isRowEvent<E extends { readonly type: EventType }>(event: E): event is E & RowEvent {
  return event.type.startsWith('appointment.') || event.type.startsWith('session.');
}
