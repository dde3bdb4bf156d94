/**
 * The front desk: a process with a connection of its own to the clinic's database, which knows nothing of clinic-sync. Like many
 * practice programs it locks its diary while it books, so that two of its own users cannot take one time.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { preciseNow, serve } from '../channel.js';
import type { Engine } from '../flags.js';
import { openSql, type SqlRow } from '../sql.js';
import { slotsOf, type Entry } from '../practice.js';

export interface DeskOptions {
  readonly engine: Engine;
  readonly where: string;
}

/** A time of a practitioner's; `starts` on the clinic's wall. */
export interface Place {
  readonly practitioner: number;
  readonly starts: string;
}

export interface DiaryEntry extends Entry {
  readonly id: number;
  readonly patient: string;
  /** Whether it was booked online: a column of the clinic's own says so. */
  readonly isOnline: boolean;
}

/** One statement of the desk's. */
export interface Written {
  readonly what: 'booked' | 'squeezed in' | 'cancelled' | 'moved';
  readonly id: number;
  readonly before: Entry | null;
  readonly after: Entry | null;
  /** When the commit had returned, in epoch ms. */
  readonly committedAt: number;
}

/** Why the practice's own program did nothing. */
export type Refused = { readonly refused: 'taken' | 'no session' | 'gone' | 'full' };

const { engine, where } = JSON.parse(process.argv[2] ?? '{}') as DeskOptions;
const sql = await openSql(engine, where);
const COLUMNS = `id, practitioner_id, room, cast(starts_at as text) as starts, cast(ends_at as text) as ends`;
const toEntry = (row: SqlRow): Entry => ({
  practitioner: Number(row['practitioner_id']),
  room: String(row['room']),
  starts: String(row['starts']),
  ends: String(row['ends']),
});

/** One call after another: they share a connection. */
let tail: Promise<unknown> = Promise.resolve();
function alone<T>(work: () => Promise<T>): Promise<T> {
  const result = tail.then(work);
  tail = result.catch(() => undefined);
  return result;
}

async function locked<T>(work: () => Promise<T>): Promise<{ result: T; committedAt: number }> {
  await sql.query(engine === 'sqlite' ? 'begin immediate' : 'begin');
  try {
    if (engine === 'postgres') await sql.query('lock table appointments in share row exclusive mode');
    const result = await work();
    await sql.query('commit');
    return { result, committedAt: preciseNow() };
  } catch (error) {
    await sql.query('rollback');
    throw error;
  }
}

async function overlapping({ practitioner, starts, ends }: Entry): Promise<number> {
  const [row] = await sql.query(
    'select count(*) as n from appointments where practitioner_id = ? and starts_at < ? and ends_at > ?',
    ...[practitioner, ends, starts],
  );
  return Number(row?.['n']);
}

async function slotsOfDay(practitioner: number, day: string): Promise<Entry[]> {
  const rows = await sql.query(
    `select ${COLUMNS} from sessions where practitioner_id = ? and starts_at >= ? and starts_at <= ? order by starts_at`,
    ...[practitioner, `${day} 00:00:00`, `${day} 23:59:59`],
  );
  return rows.map(toEntry).flatMap(slotsOf);
}

async function slotAt({ practitioner, starts }: Place): Promise<Entry | undefined> {
  return (await slotsOfDay(practitioner, starts.slice(0, 10))).find((slot) => slot.starts === starts);
}

async function insert(slot: Entry, patient: string): Promise<number> {
  const [row] = await sql.query(
    'insert into appointments (practitioner_id, room, starts_at, ends_at, patient) values (?, ?, ?, ?, ?) returning id',
    ...[slot.practitioner, slot.room, slot.starts, slot.ends, patient],
  );
  return Number(row?.['id']);
}

async function find(id: number): Promise<Entry | undefined> {
  const [row] = await sql.query(`select ${COLUMNS} from appointments where id = ?`, id);
  return row && toEntry(row);
}

async function book(place: Place, patient: string): Promise<Written | Refused> {
  const slot = await slotAt(place);
  if (!slot) return { refused: 'no session' };
  const { result: id, committedAt } = await locked(async () =>
    (await overlapping(slot)) > 0 ? null : insert(slot, patient),
  );
  return id === null ? { refused: 'taken' } : { what: 'booked', id, before: null, after: slot, committedAt };
}

/** Over whoever is there, on purpose: receptionists do. */
async function squeeze(place: Place, patient: string): Promise<Written | Refused> {
  const slot = await slotAt(place);
  if (!slot) return { refused: 'no session' };
  const { result: id, committedAt } = await locked(() => insert(slot, patient));
  return { what: 'squeezed in', id, before: null, after: slot, committedAt };
}

async function cancel(id: number): Promise<Written | Refused> {
  const before = await find(id);
  if (!before) return { refused: 'gone' };
  const { committedAt } = await locked(() => sql.query('delete from appointments where id = ?', id));
  return { what: 'cancelled', id, before, after: null, committedAt };
}

/** To the practitioner's next free time that day, in place: the row keeps its id. */
async function move(id: number): Promise<Written | Refused> {
  const before = await find(id);
  if (!before) return { refused: 'gone' };
  const later = (await slotsOfDay(before.practitioner, before.starts.slice(0, 10))).filter(
    ({ starts }) => starts > before.starts,
  );
  const { result: after, committedAt } = await locked(async () => {
    for (const slot of later) {
      if ((await overlapping(slot)) > 0) continue;
      await sql.query('update appointments set starts_at = ?, ends_at = ? where id = ?', slot.starts, slot.ends, id);
      return slot;
    }
    return null;
  });
  return after ? { what: 'moved', id, before, after, committedAt } : { refused: 'full' };
}

async function diary({ practitioner, day }: { practitioner: number; day: string }) {
  const rows = await sql.query(
    `select ${COLUMNS}, patient, online_token from appointments
     where practitioner_id = ? and starts_at >= ? and starts_at <= ? order by starts_at, id`,
    ...[practitioner, `${day} 00:00:00`, `${day} 23:59:59`],
  );
  const entries = rows.map((row): DiaryEntry => ({
    ...toEntry(row),
    id: Number(row['id']),
    patient: String(row['patient']),
    isOnline: row['online_token'] !== null,
  }));
  return { slots: await slotsOfDay(practitioner, day), entries };
}

const calls = {
  diary: (of: { practitioner: number; day: string }) => alone(() => diary(of)),
  /** `afterMs`: how long her finger takes. */
  book: async ({ patient, afterMs = 0, ...place }: Place & { patient: string; afterMs?: number }) => {
    if (afterMs > 0) await sleep(afterMs);
    return alone(() => book(place, patient));
  },
  squeeze: ({ patient, ...place }: Place & { patient: string }) => alone(() => squeeze(place, patient)),
  cancel: ({ id }: { id: number }) => alone(() => cancel(id)),
  move: ({ id }: { id: number }) => alone(() => move(id)),
  /** How many appointments there are at a time. */
  count: (place: Place) =>
    alone(async () => {
      const slot = await slotAt(place);
      return slot ? overlapping(slot) : 0;
    }),
};
export type DeskCalls = typeof calls;

serve(calls);
