import { err, ok, type Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import { isRowEvent, type EngineEvent, type EventBody } from '../domain/events.js';
import { streamOf, type RowIdentity, type StoredRow } from '../domain/row.js';
import type { ClinicMirror, OwnBooking } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import type { RowDiff } from './diff.js';
import { isFull } from './look.js';
import { Neighbours } from './neighbours.js';

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
  const neighbours = new Neighbours(mirror, diff);
  const prepared = await neighbours.prepare();
  if (prepared.isErr()) return err(prepared.error);
  const pairs: (readonly [StoredRow, StoredRow])[] = [];
  for (const row of neighbours.arrived) {
    const others = await neighbours.of(row);
    if (others.isErr()) return err(others.error);
    // A pair that has arrived together is seen from both sides.
    pairs.push(...others.value.filter((other) => neighbours.isFirst(row, other)).map((other) => [row, other] as const));
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
  const conflicts: EventBody[] = [];
  for (const [row, other] of pairs) {
    const ours = [row, other].find((each) => ownOf(identityOf(each)));
    const own = ours && ownOf(identityOf(ours));
    if (!own) continue;
    const others = await neighbours.of(ours);
    if (others.isErr()) return err(others.error);
    const crowded = await isCrowded(mirror, ours, others.value);
    if (crowded.isErr()) return err(crowded.error);
    const theirs = ours === row ? other : row;
    if (crowded.value) conflicts.push({ ...conflict(ours, [theirs]), at, cause, bookingId: own.key });
  }
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
  const others = await new Neighbours(mirror, diff).of(ours);
  if (others.isErr() || others.value.length === 0) return others.map(() => []);
  const crowded = await isCrowded(mirror, ours, others.value);
  return crowded.map((is) => (is ? [conflict(ours, others.value)] : []));
}

function conflict(ours: StoredRow, others: readonly StoredRow[]): Conflict {
  return { type: 'conflict.detected', ours: identityOf(ours), others: others.map(identityOf) };
}

/** Whether a row of ours and those around it are more than its session has room for. */
async function isCrowded(
  mirror: ClinicMirror,
  { row }: StoredRow,
  others: readonly StoredRow[],
): Promise<Result<boolean, MirrorError>> {
  const { start, end, practitionerIds } = row;
  const sessions = await askMirror(() =>
    mirror.rows({ stream: 'session', startsBefore: end, endsAfter: start, practitionerIds }),
  );
  return sessions.map((found) => {
    const around = found.filter((session) => session.row.start <= start && session.row.end >= end);
    const capacity = Math.max(1, ...around.map((session) => session.row.capacity ?? 1));
    return isFull({ capacity }, others);
  });
}

async function ownAmong(
  mirror: ClinicMirror,
  ids: readonly string[],
): Promise<Result<ReadonlyMap<string, OwnBooking>, MirrorError>> {
  if (ids.length === 0) return ok(new Map());
  const found = await askMirror(() => mirror.bookingsOf(ids));
  return found.map((bookings) => new Map(bookings.map((booking) => [booking.row.id, booking])));
}
