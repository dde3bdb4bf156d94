import { err, ok, type Result } from 'neverthrow';

import type { ClinicWriter, PlacedSlot } from '../adapters/writer.js';
import { checkDetails, requestHash, type BookingDetails } from '../domain/booking.js';
import { fault, type ErrorOf, type MirrorErrorCode } from '../domain/errors.js';
import { stored } from '../domain/fingerprint.js';
import type { Intent } from '../domain/intent.js';
import type { SlotRef } from '../domain/slot.js';
import type { SlotLengths } from '../domain/slot-lengths.js';
import { findSlot } from './availability.js';
import { askClinic } from './call.js';
import { Finish, isRefusal } from './finish.js';
import { recordIntent } from './intents.js';
import type { LinkSession } from './session.js';
import { scopeOfRanges } from '../domain/scope.js';

export type SlotError = ErrorOf<
  | MirrorErrorCode
  | 'InvalidArgument'
  | 'UnknownPractitioner'
  | 'SlotTaken'
  | 'SlotNotOffered'
  | 'SlotPast'
  | 'BeyondHorizon'
  | 'ReadOnlyClinic'
>;

export interface BookingOrder {
  readonly key: string;
  readonly slot: SlotRef;
  readonly details: BookingDetails;
  readonly horizonMs: number;
  readonly lengths: SlotLengths;
}

export const bookingHash = ({ slot, details }: Pick<BookingOrder, 'slot' | 'details'>): string =>
  requestHash(['book', slot.practitionerId, slot.start, slot.end, details.patient, details.type, details.reason]);

/** Books one slot: refuses fast by the copy, records, has the clinic insert under its guard, and looks again. */
export async function book(
  session: LinkSession,
  writer: ClinicWriter,
  order: BookingOrder,
): Promise<Result<Intent, SlotError>> {
  const { journal, runtime, tuning } = session.tools;
  const { key, slot } = order;
  const details = checkDetails(order.details, writer.details);
  if (details.isErr()) return err(details.error);
  const place = await placeOf(session.tools, order);
  if (place.isErr()) return err(place.error);
  const placed = place.value;
  if ((placed.capacity ?? 1) > 1 && !writer.hasTokens) return err(fault('ReadOnlyClinic', NEEDS_TOKEN));
  const storable = writer.check(placed, details.value);
  if (storable.isErr()) return err(storable.error);
  const deadline = session.clinicNow() + tuning.writeDeadlineMs;
  const intent = recordIntent(runtime, {
    key,
    wish: { kind: 'booking', slot: placed },
    requestHash: bookingHash(order),
    deadline,
  });
  const recorded = await journal.commit({ intents: [intent] });
  if (recorded.isErr()) return err(recorded.error);
  const answer = await askClinic(runtime, tuning.requestTimeoutMs, session.signal, (signal) =>
    writer.book({ slot: placed, details: details.value, token: intent.token, deadline, signal }),
  );
  const finish = new Finish(session, writer, false);
  if (answer.isErr()) return isRefusal(answer.error) ? finish.refused(intent, answer.error.code) : ok(intent);
  switch (answer.value.outcome) {
    case 'unsent':
      return finish.refused(intent, answer.value.error.code);
    case 'late':
      return finish.refused(intent, 'NotMade');
    case 'taken':
      // The copy said otherwise.
      session.line.hint(
        scopeOfRanges([{ stream: 'busy', from: slot.start, to: slot.end, practitionerId: slot.practitionerId }]),
      );
      return finish.refused(intent, 'SlotTaken');
    case 'booked':
      return finish.booked(intent, placed, stored(answer.value.record));
  }
}

const NEEDS_TOKEN =
  'Where appointments may overlap, only a token tells ours from others: the mapping names no column for it, so nothing is booked there.';

/** The slot with the place that offers it; why it cannot be booked otherwise. */
export async function placeOf(
  { journal, runtime }: Pick<LinkSession['tools'], 'journal' | 'runtime'>,
  { key, slot, horizonMs, lengths }: Omit<BookingOrder, 'details'>,
): Promise<Result<PlacedSlot, SlotError>> {
  const now = runtime.now();
  const promised = journal.tentative.busy(now, key);
  const found = await findSlot(journal.mirror, slot, now, promised, lengths);
  if (found.isErr()) return err(found.error);
  const { state, offered } = found.value;
  if (state === 'past') return err(fault('SlotPast'));
  if (slot.start > now + horizonMs) return err(fault('BeyondHorizon'));
  if (state === 'not-offered' || !offered) return err(fault('SlotNotOffered'));
  if (state === 'taken') return err(fault('SlotTaken'));
  const { locationId, capacity } = offered;
  return ok({ ...slot, locationId, ...(capacity !== 1 && { capacity }) });
}
