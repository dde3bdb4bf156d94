import { ok, type Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import { isRowEvent, type EventBody } from '../domain/events.js';
import { overlaps, streamOf, type RowIdentity, type StoredRow } from '../domain/row.js';
import type { ClinicMirror, OwnBooking } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { keyOf, type RowDiff } from './diff.js';

const identityOf = ({ row, fingerprint }: StoredRow): RowIdentity => ({ id: row.id, fingerprint });

/** Marks the events of rows that we booked, and adds a conflict for each that somebody's new row overlaps now. */
export async function recognise(
  mirror: ClinicMirror,
  diff: RowDiff,
  events: readonly EventBody[],
): Promise<Result<EventBody[], MirrorError>> {
  const touched = events.filter(isRowEvent).map(({ row }) => row);
  const known = await ownAmong(
    mirror,
    touched.filter((row) => streamOf(row) === 'busy').map(({ id }) => id),
  );
  if (known.isErr()) return known.map(() => []);
  const own = known.value;
  const marked = events.map((event) => {
    const booking = isRowEvent(event) ? own.get(event.row.id) : undefined;
    // A stranger's row may have the id by now.
    const isOurs = booking && isRowEvent(event) && event.fingerprint === booking.row.fingerprint;
    return isOurs ? { ...event, bookingId: booking.key } : event;
  });
  const [first] = events;
  if (!first) return ok(marked);
  const conflicts: EventBody[] = [];
  const arrived = [...diff.created, ...diff.replaced.map(({ now }) => now)].filter(
    (stored) => streamOf(stored.row) === 'busy' && own.get(stored.row.id)?.row.fingerprint !== stored.fingerprint,
  );
  for (const other of arrived) {
    const found = await overlapped(mirror, diff, other);
    if (found.isErr()) return found.map(() => []);
    for (const { key, row } of found.value) {
      const { at, cause } = first;
      conflicts.push({ type: 'conflict.detected', ours: row, others: [identityOf(other)], at, cause, bookingId: key });
    }
  }
  return ok([...marked, ...conflicts]);
}

/** The rows of ours that stay and that a new row takes time from. */
async function overlapped(
  mirror: ClinicMirror,
  diff: RowDiff,
  other: StoredRow,
): Promise<Result<OwnBooking[], MirrorError>> {
  const { practitionerIds, start, end } = other.row;
  const around = await askMirror(() =>
    mirror.rows({ stream: 'busy', startsBefore: end, endsAfter: start, practitionerIds }),
  );
  if (around.isErr()) return around.map(() => []);
  const leaving = new Set([...diff.deleted, ...diff.replaced.map(({ old }) => old)].map(keyOf));
  const inTheWay = around.value.filter(
    (stored) => stored.row.id !== other.row.id && overlaps(stored.row, other.row) && !leaving.has(keyOf(stored)),
  );
  const own = await ownAmong(
    mirror,
    inTheWay.map(({ row }) => row.id),
  );
  return own.map((bookings) =>
    inTheWay.flatMap((stored) => {
      const booking = bookings.get(stored.row.id);
      return booking?.row.fingerprint === stored.fingerprint ? [booking] : [];
    }),
  );
}

async function ownAmong(
  mirror: ClinicMirror,
  ids: readonly string[],
): Promise<Result<ReadonlyMap<string, OwnBooking>, MirrorError>> {
  if (ids.length === 0) return ok(new Map());
  const found = await askMirror(() => mirror.bookingsOf(ids));
  return found.map((bookings) => new Map(bookings.map((booking) => [booking.row.id, booking])));
}
