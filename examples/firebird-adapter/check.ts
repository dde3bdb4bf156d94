import { fault, instantToWall, wallToInstant, type BookingDetails, type ErrorOf, type PlacedSlot } from 'clinic-sync';
import { err, ok, type Result } from 'neverthrow';

import type { BookingColumns } from './prepare.js';
import { literalFor, type Source } from './source.js';

type Invalid = ErrorOf<'InvalidArgument'>;

/** Whether the columns could hold such a booking, as far as their types tell. */
export function checkBooking(
  source: Source,
  booking: BookingColumns,
  slot: PlacedSlot,
  details: BookingDetails,
): Result<void, Invalid> {
  const refuse = (field: string, rule: string) => err(fault('InvalidArgument', `${field} ${rule}`, { field }));
  const { practitioner, location, zone } = source;
  if (literalFor(practitioner, slot.practitionerId) === undefined)
    return refuse('slot.practitionerId', 'is nothing that the column can hold.');
  if (location && slot.locationId !== null && literalFor(location, slot.locationId) === undefined)
    return refuse('slot.locationId', 'is nothing that the column can hold.');
  for (const field of ['start', 'end'] as const) {
    // The second of two equal times on the wall cannot be told from the first.
    if (wallToInstant(instantToWall(slot[field], zone), zone) !== slot[field])
      return refuse(`slot.${field}`, 'is a time that the wall shows twice.');
  }
  for (const name of ['patient', 'type', 'reason'] as const) {
    const [column, text] = [booking[name], details[name]];
    if (column && text !== undefined && literalFor(column, text) === undefined)
      return refuse(`details.${name}`, 'is nothing that the column can hold.');
  }
  return ok();
}
