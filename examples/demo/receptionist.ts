/**
 * The receptionist: a process with a connection of its own to the clinic's database, which knows nothing of clinic-sync and
 * takes none of its locks. Never touches one appointment twice, so that every change of hers is one that must be told.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { Random } from '../../src/testing/random.js';
import { preciseNow, serve } from './channel.js';
import { clinicDay } from './clinic-time.js';
import type { Engine } from './flags.js';
import { slotsOf, type Entry } from './practice.js';
import { openSql, readFuture, type TableRow } from './sql.js';

export type ChangeKind = 'insert' | 'delete' | 'move';

export interface Change {
  readonly kind: ChangeKind;
  readonly id: number;
  readonly before: Entry | null;
  readonly after: Entry | null;
  /** When the commit had returned, in epoch ms. */
  readonly committedAt: number;
  /** How long the statement took her, in ms. */
  readonly tookMs: number;
}

export interface DeskOptions {
  readonly engine: Engine;
  readonly where: string;
  readonly seed: number;
}

const { engine, where, seed } = JSON.parse(process.argv[2] ?? '{}') as DeskOptions;
const random = new Random(seed + 1);
const sql = await openSql(engine, where);
const midnight = `${clinicDay(0)} 00:00:00`;
let patients = 0;
let refused = 0;

const untouched = await readFuture(sql, 'appointments', midnight);
const taken = new Set(untouched.flatMap(slotsOf).map(keyOf));
const free = (await readFuture(sql, 'sessions', midnight)).flatMap(slotsOf).filter((slot) => !taken.has(keyOf(slot)));

function keyOf({ practitioner, starts }: Entry): string {
  return `${practitioner} ${starts}`;
}

function take<T>(list: T[], at = random.int(0, list.length - 1)): T {
  const [item] = list.splice(at, 1);
  if (item === undefined) throw new Error('Nothing is left to pick from.');
  return item;
}

async function timed(work: () => Promise<Omit<Change, 'committedAt' | 'tookMs'>>): Promise<Change> {
  const began = preciseNow();
  const change = await work().catch((error: unknown) => {
    refused++;
    throw error;
  });
  const committedAt = preciseNow();
  return { ...change, committedAt, tookMs: committedAt - began };
}

function insert(slot: Entry): Promise<Change> {
  return timed(async () => {
    const [row] = await sql.query(
      'insert into appointments (practitioner_id, room, starts_at, ends_at, patient) values (?, ?, ?, ?, ?) returning id',
      ...[slot.practitioner, slot.room, slot.starts, slot.ends, `Patient at the desk ${++patients}`],
    );
    return { kind: 'insert', id: Number(row?.['id']), before: null, after: slot };
  });
}

async function remove(row: TableRow): Promise<Change> {
  const change = await timed(async () => {
    await sql.query('delete from appointments where id = ?', row.id);
    return { kind: 'delete', id: row.id, before: row, after: null };
  });
  free.push(...slotsOf(row));
  return change;
}

async function move(row: TableRow, to: Entry): Promise<Change> {
  const change = await timed(async () => {
    await sql.query(
      'update appointments set practitioner_id = ?, room = ?, starts_at = ?, ends_at = ? where id = ?',
      ...[to.practitioner, to.room, to.starts, to.ends, row.id],
    );
    return { kind: 'move', id: row.id, before: row, after: to };
  });
  free.push(...slotsOf(row));
  return change;
}

function change(kind: ChangeKind): Promise<Change> {
  if (kind === 'insert') return insert(take(free));
  return kind === 'delete' ? remove(take(untouched)) : move(take(untouched), take(free));
}

/** By day and room, as the receptionist's book has it. */
async function insertAt(slot: { practitioner: number; starts: string }): Promise<Change> {
  const at = free.findIndex((each) => each.practitioner === slot.practitioner && each.starts === slot.starts);
  if (at < 0) throw new Error('That slot is taken.');
  return insert(take(free, at));
}

async function burst({ count, overMs }: { count: number; overMs: number }): Promise<Change[]> {
  const changes: Change[] = [];
  const began = preciseNow();
  for (let i = 0; i < count; i++) {
    await change(random.pick(['insert', 'delete', 'move'])).then(
      (made) => changes.push(made),
      () => undefined,
    );
    await sleep(Math.max(0, began + ((i + 1) * overMs) / count - preciseNow()));
  }
  return changes;
}

const calls = {
  ready: () => Promise.resolve(process.pid),
  change,
  insertAt,
  /** Somebody online has it. */
  taken: async (slot: { practitioner: number; starts: string }) => {
    const at = free.findIndex((each) => each.practitioner === slot.practitioner && each.starts === slot.starts);
    if (at >= 0) take(free, at);
  },
  burst,
  /** How many of her statements failed. */
  refused: () => Promise.resolve(refused),
};
export type DeskCalls = typeof calls;

serve(calls);
