import { err, ok, type Result, type ResultAsync } from 'neverthrow';

import {
  checkKey,
  checkTtl,
  resolveSlot,
  type Booking,
  type BookRequest,
  type Deletion,
  type DeleteRequest,
  type HoldRequest,
  type SlotHold,
} from '../domain/booking.js';
import { fault } from '../domain/errors.js';
import { book, bookingHash, type SlotError } from '../engine/booking.js';
import { deletionHash, remove, type AppointmentError } from '../engine/deletion.js';
import { holdSlot, releaseSlot } from '../engine/slot-hold.js';
import type { BookingError, DeleteError, HoldError, OutcomeOfKeyError, RequestOutcome } from './answers.js';
import type { Running } from './running.js';

/** Takes what online patients want done: checks it, and hands it to the engine. */
export class FrontDesk {
  constructor(private readonly running: Running) {}

  book(request: BookRequest): ResultAsync<Booking, BookingError> {
    const { running } = this;
    return running.withJournal<Booking, BookingError>(async () => {
      const slot = checkKey(request.idempotencyKey).andThen(() => resolveSlot(request.slot));
      if (slot.isErr()) return err(slot.error);
      running.supervisor.active();
      const { horizonMs, lengths } = running.options;
      const order = {
        key: request.idempotencyKey,
        slot: slot.value,
        details: request.details ?? {},
        horizonMs,
        lengths,
      };
      const intent = await running.supervisor.requests.run<SlotError>({
        key: order.key,
        slot: order.slot,
        requestHash: bookingHash(order),
        carryOut: (session, writer) => book(session, writer, order),
      });
      return intent.andThen(({ key, row }) => (row ? ok({ idempotencyKey: key, row }) : err(fault('KeyReused'))));
    });
  }

  delete(request: DeleteRequest): ResultAsync<Deletion, DeleteError> {
    const { running } = this;
    return running.withJournal<Deletion, DeleteError>(async () => {
      const { idempotencyKey, id, fingerprint } = request;
      const key = checkKey(idempotencyKey);
      if (key.isErr()) return err(key.error);
      for (const [field, text] of Object.entries({ id, fingerprint })) {
        if (typeof text !== 'string' || text === '')
          return err(fault('InvalidArgument', `${field} must be a non-empty text.`, { field }));
      }
      const intent = await running.supervisor.requests.run<AppointmentError>({
        key: key.value,
        requestHash: deletionHash({ id, fingerprint }),
        carryOut: (session, writer) => remove(session, writer, key.value, { id, fingerprint }),
      });
      return intent.map(() => ({ idempotencyKey }));
    });
  }

  outcome(idempotencyKey: string): ResultAsync<RequestOutcome, OutcomeOfKeyError> {
    const { running } = this;
    return running.withJournal<RequestOutcome, OutcomeOfKeyError>(async () => {
      const key = checkKey(idempotencyKey);
      if (key.isErr()) return err(key.error);
      const intent = await running.supervisor.requests.outcome(key.value);
      return intent.map((known): RequestOutcome => {
        if (known?.outcome?.result === 'booked') return { result: 'booked', row: known.outcome.row };
        return { result: known ? 'deleted' : 'unknown' };
      });
    });
  }

  hold(request: HoldRequest): ResultAsync<SlotHold, HoldError> {
    const { running } = this;
    return running.withJournal<SlotHold, HoldError>(async (journal) => {
      const key = checkKey(request.idempotencyKey);
      if (key.isErr()) return err(key.error);
      const slot = resolveSlot(request.slot);
      if (slot.isErr()) return err(slot.error);
      const ttlMs = checkTtl(request.ttlMs);
      if (ttlMs.isErr()) return err(ttlMs.error);
      const { supervisor, options } = running;
      const { horizonMs, lengths, runtime } = options;
      supervisor.active();
      const order = { key: key.value, slot: slot.value, ttlMs: ttlMs.value, horizonMs, lengths };
      return supervisor.requests.hold(order.slot, () => holdSlot(journal, runtime, order));
    });
  }

  release(idempotencyKey: string): ResultAsync<void, OutcomeOfKeyError> {
    const { running } = this;
    return running.withJournal(async (journal): Promise<Result<void, OutcomeOfKeyError>> => {
      const key = checkKey(idempotencyKey);
      return key.isErr() ? err(key.error) : releaseSlot(journal, running.options.runtime, key.value);
    });
  }
}
