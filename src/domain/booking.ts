import { hash } from 'node:crypto';

import { err, ok, type Result } from 'neverthrow';

import { fault, type ErrorOf } from './errors.js';
import { HOUR, MINUTE, toInstant, type Instant, type InstantInput } from './instant.js';
import type { RowIdentity } from './row.js';
import type { SlotRef } from './slot.js';

/** Names a slot, as a host gives it. */
export interface SlotInput {
  readonly practitionerId: string;
  readonly start: InstantInput;
  readonly end: InstantInput;
}

/** What a booking tells the clinic beyond its slot; each goes into the column that the mapping names for it. */
export interface BookingDetails {
  /** The clinic's own reference of the patient. */
  readonly patient?: string;
  /** The clinic's own name or number of the appointment type. */
  readonly type?: string;
  readonly reason?: string;
}

export const DETAILS = ['patient', 'type', 'reason'] as const satisfies readonly (keyof BookingDetails)[];

export interface BookRequest {
  readonly slot: SlotInput;
  /** The host's name for this request, 1 to 200 characters. The same key never makes two appointments. */
  readonly idempotencyKey: string;
  /** Each at most 2,000 characters, and only those that the mapping has a column for. */
  readonly details?: BookingDetails;
}

export interface DeleteRequest {
  /** The appointment, in the version that the host has seen: another version under this id is left alone. */
  readonly id: string;
  readonly fingerprint: string;
  readonly idempotencyKey: string;
}

export interface HoldRequest {
  readonly slot: SlotInput;
  /** Of the booking that may follow: `book` with the same key takes the slot over from the hold. */
  readonly idempotencyKey: string;
  /** For how long, in ms, up to an hour. Asked again with the same key, the time begins anew. Default 5 minutes. */
  readonly ttlMs?: number;
}

/** A slot that is kept for one online patient. */
export interface SlotHold {
  readonly idempotencyKey: string;
  readonly slot: SlotRef;
  /** It ends by itself then. */
  readonly until: Instant;
}

/** A booking that the clinic's database holds. */
export interface Booking {
  readonly idempotencyKey: string;
  /** For `delete` and for recognising the appointment in events. */
  readonly row: RowIdentity;
}

export interface Deletion {
  readonly idempotencyKey: string;
}

const MAX_KEY = 200;
const MAX_DETAIL = 2_000;

type Invalid = ErrorOf<'InvalidArgument'>;
const invalid = (field: string, rule: string) => err(fault('InvalidArgument', `${field} ${rule}`, { field }));

export function resolveSlot(input: SlotInput): Result<SlotRef, Invalid> {
  const { practitionerId } = input;
  if (typeof practitionerId !== 'string' || practitionerId === '')
    return invalid('slot.practitionerId', 'must be a non-empty text.');
  const start = toInstant(input.start);
  if (start === undefined) return invalid('slot.start', 'must be a valid instant.');
  const end = toInstant(input.end);
  if (end === undefined) return invalid('slot.end', 'must be a valid instant.');
  return end > start ? ok({ practitionerId, start, end }) : invalid('slot.end', 'must be later than slot.start.');
}

export function checkKey(key: string): Result<string, Invalid> {
  const fits = typeof key === 'string' && key.length > 0 && key.length <= MAX_KEY;
  return fits ? ok(key) : invalid('idempotencyKey', 'must be a text of 1 to 200 characters.');
}

const DEFAULT_HOLD_MS = 5 * MINUTE;
const MAX_HOLD_MS = HOUR;

export function checkTtl(ttlMs: number = DEFAULT_HOLD_MS): Result<number, Invalid> {
  const fits = Number.isFinite(ttlMs) && ttlMs > 0 && ttlMs <= MAX_HOLD_MS;
  return fits ? ok(ttlMs) : invalid('ttlMs', 'must be a number of milliseconds above 0, up to an hour.');
}

/** `mapped`: the details that the clinic has a column for. */
export function checkDetails(
  details: BookingDetails,
  mapped: readonly (keyof BookingDetails)[],
): Result<BookingDetails, Invalid> {
  for (const [name, value] of Object.entries(details) as [keyof BookingDetails, unknown][]) {
    if (value === undefined) continue;
    const field = `details.${name}`;
    if (!mapped.includes(name))
      return invalid(field, `has no column in the mapping; mapped: ${mapped.join(', ') || 'none'}.`);
    if (typeof value !== 'string') return invalid(field, 'must be a text.');
    if (value.length > MAX_DETAIL) return invalid(field, 'must be at most 2,000 characters.');
    if (value.includes('\0')) return invalid(field, 'must not contain the character U+0000.');
  }
  return ok(details);
}

/** The same request has the same hash, so that a key that is used for another one shows. */
export function requestHash(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts));
}
