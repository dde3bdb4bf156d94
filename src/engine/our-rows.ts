import { err, ok, type Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import { isRowEvent, type EngineEvent, type EventBody } from '../domain/events.js';
import { overlaps, streamOf, type RowIdentity, type StoredRow } from '../domain/row.js';
import type { ClinicMirror, OwnBooking } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { keyOf, type RowDiff } from './diff.js';

type Conflict = Extract<EngineEvent, { type: 'conflict.detected' }>;

const identityOf = ({ row, fingerprint }: StoredRow): RowIdentity => ({ id: row.id, fingerprint });

/**
 * Marks the events of rows that we booked, and adds a conflict for each pair of one of ours and somebody's that is complete now.
 * The closing of a booking does the same for a row that was mirrored before: see `conflictsOf`.
 */
export async function recognise(
  mirror: ClinicMirror,
  diff: RowDiff,
  events: readonly EventBody[],
): Promise<Result<EventBody[], MirrorError>> {
  const [first] = events;
  if (!first) return ok([]);
  const arrived = arrivedIn(diff);
  const pairs: (readonly [StoredRow, StoredRow])[] = [];
  for (const row of arrived) {
    const others = await overlapping(mirror, diff, row);
    if (others.isErr()) return err(others.error);
    // A pair that has arrived together is seen from both sides.
    const once = others.value.filter((other) => arrived.indexOf(other) < arrived.indexOf(row));
    pairs.push(...once.map((other) => [row, other] as const));
  }
  const told = events.filter(isRowEvent).filter(({ row }) => streamOf(row) === 'busy');
  const ids = [...told.map(({ row }) => row.id), ...pairs.map(([, other]) => other.row.id)];
  const known = await ownAmong(mirror, ids);
  if (known.isErr()) return err(known.error);
  // A stranger's row may have the id by now.
  const ownOf = ({ id, fingerprint }: RowIdentity) => {
    const own = known.value.get(id);
    return own?.row.fingerprint === fingerprint ? own : undefined;
  };
  const { at, cause } = first;
  const conflicts = pairs.flatMap(([row, other]): EventBody[] => {
    for (const [ours, theirs] of [
      [row, other],
      [other, row],
    ] as const) {
      const own = ownOf(identityOf(ours));
      if (own) return [{ ...conflict(ours, [theirs]), at, cause, bookingId: own.key }];
    }
    return [];
  });
  const marked = events.map((event) => {
    const own = isRowEvent(event) ? ownOf({ id: event.row.id, fingerprint: event.fingerprint }) : undefined;
    return own ? { ...event, bookingId: own.key } : event;
  });
  return ok([...marked, ...conflicts]);
}

/** The conflicts of a booking that is closed now, whose row is in the mirror with the same commit. */
export async function conflictsOf(
  mirror: ClinicMirror,
  diff: RowDiff,
  ours: StoredRow,
): Promise<Result<Conflict[], MirrorError>> {
  const others = await overlapping(mirror, diff, ours);
  return others.map((rows) => (rows.length === 0 ? [] : [conflict(ours, rows)]));
}

function conflict(ours: StoredRow, others: readonly StoredRow[]): Conflict {
  return { type: 'conflict.detected', ours: identityOf(ours), others: others.map(identityOf) };
}

/** Busy rows that the mirror has after a change and had not before. */
function arrivedIn(diff: RowDiff): StoredRow[] {
  return [...diff.created, ...diff.replaced.map(({ now }) => now)].filter(({ row }) => streamOf(row) === 'busy');
}

/** The rows of the mirror after a change that take some of a row's time. */
async function overlapping(
  mirror: ClinicMirror,
  diff: RowDiff,
  { row }: StoredRow,
): Promise<Result<StoredRow[], MirrorError>> {
  const { practitionerIds, start, end, id } = row;
  const around = await askMirror(() =>
    mirror.rows({ stream: 'busy', startsBefore: end, endsAfter: start, practitionerIds }),
  );
  const arrived = arrivedIn(diff);
  const old = new Set([...diff.deleted, ...diff.replaced.map((versions) => versions.old), ...arrived].map(keyOf));
  const takes = (other: StoredRow) =>
    other.row.id !== id &&
    overlaps(other.row, row) &&
    other.row.practitionerIds.some((practitioner) => practitionerIds.includes(practitioner));
  return around.map((rows) => [...rows.filter((stored) => !old.has(keyOf(stored))), ...arrived].filter(takes));
}

async function ownAmong(
  mirror: ClinicMirror,
  ids: readonly string[],
): Promise<Result<ReadonlyMap<string, OwnBooking>, MirrorError>> {
  if (ids.length === 0) return ok(new Map());
  const found = await askMirror(() => mirror.bookingsOf(ids));
  return found.map((bookings) => new Map(bookings.map((booking) => [booking.row.id, booking])));
}
