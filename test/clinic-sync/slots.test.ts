/** Sessions with room for several, everybody's holidays, and appointments of several lengths. */
import { describe, expect, it } from 'vitest';

import { DAY, MINUTE, SECOND } from '../../src/domain/instant.js';
import type { AvailabilityAnswer, AvailabilityUpdate } from '../../src/index.js';
import { NINE, open, row, slotAt, type Desk } from './desk.js';

const NEXT = NINE + DAY;
const slot = (i: number, minutes = 15) => ({
  practitionerId: 'p1',
  start: NEXT + i * 15 * MINUTE,
  end: NEXT + i * 15 * MINUTE + minutes * MINUTE,
});
const settle = (desk: Desk) => desk.time.runUntil(desk.time.now + 2 * SECOND);
const conflicts = (desk: Desk) => desk.events.filter(({ type }) => type === 'conflict.detected');

/** A clinic whose next day has room for so many at once. */
async function roomFor(capacity: number, capabilities?: { tokens?: boolean }) {
  const opened = await open(capabilities);
  opened.desk.clinic.put({ ...row('wide', NEXT, 60, 'session'), capacity });
  await settle(opened.desk);
  return opened;
}

describe('a session with room for three', () => {
  it('gives three of five callers a place, and shows the slot until the last one is gone', async () => {
    const { desk, sync } = await roomFor(3);
    const answers = [];
    for (let i = 0; i < 5; i++) {
      answers.push(await desk.answer(sync.book({ slot: slot(1), idempotencyKey: `k${String(i)}` })));
      const state = await desk.answer(sync.slot(slot(1)));
      expect(state).toMatchObject({ state: i < 2 ? 'available' : 'taken' });
    }
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : 'booked'))).toEqual([
      ...['booked', 'booked', 'booked'],
      ...['SlotTaken', 'SlotTaken'],
    ]);
    await settle(desk);
    expect(conflicts(desk)).toEqual([]);
    expect(desk.booked()).toHaveLength(3);
  });

  it('tells a conflict when the desk puts in a fourth, and when a blockout takes it all', async () => {
    const { desk, sync } = await roomFor(3);
    for (const key of ['a', 'b', 'c']) await desk.answer(sync.book({ slot: slot(0), idempotencyKey: key }));
    await desk.answer(sync.book({ slot: slot(2), idempotencyKey: 'd' }));
    desk.clinic.put(row('desk', NEXT));
    await settle(desk);
    expect(conflicts(desk).length).toBeGreaterThan(0);
    expect(conflicts(desk).every((event) => 'others' in event && event.others.some(({ id }) => id === 'desk'))).toBe(
      true,
    );
    const before = conflicts(desk).length;
    desk.clinic.put(row('leave', NEXT + 30 * MINUTE, 15, 'blockout'));
    await settle(desk);
    expect(conflicts(desk).slice(before)).toMatchObject([{ bookingId: 'd', others: [{ id: 'leave' }] }]);
  });

  it('a hold takes one of the places', async () => {
    const { desk, sync } = await roomFor(2);
    await desk.answer(sync.hold({ slot: slot(0), idempotencyKey: 'amy' }));
    expect(await desk.answer(sync.slot(slot(0)))).toMatchObject({ state: 'available' });
    await desk.answer(sync.hold({ slot: slot(0), idempotencyKey: 'bob' }));
    expect(await desk.answer(sync.book({ slot: slot(0), idempotencyKey: 'eve' }))).toBe('SlotTaken');
    expect(await desk.answer(sync.book({ slot: slot(0), idempotencyKey: 'amy' }))).toMatchObject({
      idempotencyKey: 'amy',
    });
  });

  it('is not booked without tokens: nobody could tell our row from another', async () => {
    const { desk, sync } = await roomFor(3, { tokens: false });
    expect(await desk.answer(sync.book({ slot: slot(0), idempotencyKey: 'a' }))).toBe('ReadOnlyClinic');
    expect(await desk.answer(sync.book({ slot: slotAt(2), idempotencyKey: 'b' }))).toMatchObject({
      idempotencyKey: 'b',
    });
  });
});

describe('everybody’s holiday', () => {
  it('takes the slots of all practitioners, at its own place alone', async () => {
    const { desk, sync } = await open();
    const free = async () => ((await desk.answer(sync.availability())) as AvailabilityAnswer).slots.length;
    const before = await free();
    const updates: AvailabilityUpdate[] = [];
    sync.watchAvailability({ practitionerIds: ['p1'] }).subscribe((update) => updates.push(update));
    await settle(desk);
    desk.clinic.put({ ...row('elsewhere', NINE, 60, 'blockout'), practitionerIds: ['*'], locationId: 'other' });
    await settle(desk);
    expect(await free()).toBe(before);
    desk.clinic.put({ ...row('here', NINE + 60 * MINUTE, 30, 'blockout'), practitionerIds: ['*'], locationId: null });
    await settle(desk);
    expect(await free()).toBe(before - 2);
    expect(updates.at(-1)?.went.map(({ start }) => start)).toEqual([NINE + 60 * MINUTE, NINE + 75 * MINUTE]);
    expect(await desk.answer(sync.book({ slot: slotAt(4), idempotencyKey: 'a' }))).toBe('SlotTaken');
    expect(await desk.answer(sync.slot({ ...slotAt(4), practitionerId: '*' }))).toBe('UnknownPractitioner');
  });
});

describe('everybody’s holiday later', () => {
  it('that comes over a booking of ours is told as a conflict', async () => {
    const { desk, sync } = await open();
    expect(await desk.answer(sync.book({ slot: slotAt(4), idempotencyKey: 'a' }))).toMatchObject({
      idempotencyKey: 'a',
    });
    desk.clinic.put({ ...row('holiday', NINE, 120, 'blockout'), practitionerIds: ['*'], locationId: null });
    await settle(desk);
    expect(conflicts(desk)).toEqual([
      expect.objectContaining({ bookingId: 'a', others: [expect.objectContaining({ id: 'holiday' })] }),
    ]);
  });
});

describe('lengths', () => {
  const types = { long: { minutes: 40 }, check: { minutes: 10, practitioners: { p1: 20 } } };

  it('a type has its own slots, which can be booked; lengths that nobody offers cannot', async () => {
    const { desk, sync } = await open({}, { types });
    const ask = async (filter: object) => (await desk.answer(sync.availability(filter))) as AvailabilityAnswer;
    const [first] = (await ask({ type: 'long', limit: 1 })).slots;
    expect(first && first.end - first.start).toBe(40 * MINUTE);
    // The first quarter is taken, and starts are as far apart as the session's own slots.
    expect(first?.start).toBe(NINE + 15 * MINUTE);
    const [short] = (await ask({ type: 'check', limit: 1 })).slots;
    expect(short && short.end - short.start).toBe(20 * MINUTE);
    expect(await desk.answer(sync.availability({ type: 'nothing' }))).toBe('InvalidArgument');
    expect(await desk.answer(sync.availability({ type: 'long', lengthMinutes: 20 }))).toBe('InvalidArgument');
    const book = (i: number, minutes: number) => {
      const start = NINE + i * 15 * MINUTE;
      return desk.answer(
        sync.book({
          slot: { practitionerId: 'p1', start, end: start + minutes * MINUTE },
          idempotencyKey: `${String(i)}-${String(minutes)}`,
        }),
      );
    };
    expect(await book(1, 40)).toMatchObject({ idempotencyKey: '1-40' });
    expect(await book(4, 20)).toMatchObject({ idempotencyKey: '4-20' });
    expect(await book(6, 30)).toMatchObject({ idempotencyKey: '6-30' });
    expect(await book(9, 10)).toBe('SlotNotOffered');
    expect(await book(9, 25)).toBe('SlotNotOffered');
  });

  it('pages go on where the last one ended', async () => {
    const { desk, sync } = await open();
    const ask = async (after?: string) =>
      (await desk.answer(
        sync.availability({ limit: 10, ...(after !== undefined && { after }) }),
      )) as AvailabilityAnswer;
    const starts: number[] = [];
    let pages = 0;
    for (let next: string | null = null; pages === 0 || next !== null; pages++) {
      const answer: AvailabilityAnswer = await ask(next ?? undefined);
      starts.push(...answer.slots.map(({ start }) => start));
      next = answer.next;
      expect(answer.truncated).toBe(next !== null);
    }
    expect(pages).toBe(4);
    expect(starts).toEqual(Array.from({ length: 31 }, (_, i) => NINE + (i + 1) * 15 * MINUTE));
    expect(await desk.answer(sync.availability({ after: 'nonsense' }))).toBe('InvalidArgument');
  });
});
