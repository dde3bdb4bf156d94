/** Slots that are kept for online patients, and rows of ours that something happens to later. */
import { describe, expect, it } from 'vitest';

import { HOUR, MINUTE, SECOND } from '../../src/domain/instant.js';
import { fault, type ClinicSync, type SlotAnswer } from '../../src/index.js';
import { EPOCH, NINE, open, row, slotAt, type Desk } from './desk.js';

const stateOf = async (desk: Desk, sync: ClinicSync, i: number) =>
  ((await desk.answer(sync.slot(slotAt(i)))) as SlotAnswer).state;
const pass = (desk: Desk, ms: number) => desk.time.runUntil(desk.time.now + ms);

describe('a hold', () => {
  it('shows the slot as taken to all but its own key, writes nothing, and becomes a booking', async () => {
    const { desk, sync } = await open();
    const before = desk.clinic.checksum();
    const held = await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy' }));
    expect(held).toMatchObject({ idempotencyKey: 'amy', slot: slotAt(1) });
    expect(desk.clinic.checksum()).toBe(before);
    expect(await stateOf(desk, sync, 1)).toBe('taken');
    expect(await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'bob' }))).toBe('SlotTaken');
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'bob' }))).toBe('SlotTaken');
    expect(await desk.answer(sync.outcome('amy'))).toEqual({ result: 'unknown' });
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' }))).toMatchObject({
      idempotencyKey: 'amy',
    });
    expect(desk.booked()).toHaveLength(1);
  });

  it('ends by itself, and watchers hear of both', async () => {
    const { desk, sync } = await open();
    const states: string[] = [];
    const free: number[] = [];
    sync.watchSlot(slotAt(1)).subscribe(({ state }) => states.push(state));
    sync.watchAvailability().subscribe(({ slots }) => free.push(slots.length));
    await pass(desk, 10);
    await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy', ttlMs: MINUTE }));
    await pass(desk, 30 * SECOND);
    // Asked again, the time begins anew.
    await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy', ttlMs: MINUTE }));
    await pass(desk, 59 * SECOND);
    expect(states).toEqual(['available', 'taken']);
    await pass(desk, 2 * SECOND);
    expect(states).toEqual(['available', 'taken', 'available']);
    expect(free).toEqual([free[0], (free[0] ?? 0) - 1, free[0]]);
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'bob' }))).toMatchObject({
      idempotencyKey: 'bob',
    });
  });

  it('is released before its time, and the key may be used again', async () => {
    const { desk, sync } = await open();
    await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy' }));
    await desk.answer(sync.release('amy'));
    await desk.answer(sync.release('amy'));
    await desk.answer(sync.release('nobody'));
    expect(await stateOf(desk, sync, 1)).toBe('available');
    expect(await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy' }))).toMatchObject({ slot: slotAt(1) });
  });

  it('survives a crash, and is forgotten when its time is up', async () => {
    const { desk, sync } = await open();
    await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy', ttlMs: MINUTE }));
    desk.kill();
    const again = await desk.start();
    expect(await stateOf(desk, again, 1)).toBe('taken');
    await pass(desk, MINUTE);
    expect(await stateOf(desk, again, 1)).toBe('available');
    await pass(desk, 15 * MINUTE);
    expect(desk.disk.shelves.get('c')?.intents.get('amy')).toContain('"state":"closed"');
  });

  it('is refused with a reason', async () => {
    const { desk, sync } = await open();
    const refused = (slot: object, more = {}) =>
      desk.answer(sync.hold({ slot: { ...slotAt(3), ...slot }, idempotencyKey: 'k', ...more }));
    expect(await refused(slotAt(0))).toBe('SlotTaken');
    expect(await refused({ start: NINE + 20 * MINUTE })).toBe('SlotNotOffered');
    expect(await refused({ start: EPOCH - HOUR, end: EPOCH })).toBe('SlotPast');
    expect(await refused({ practitionerId: 'p9' })).toBe('UnknownPractitioner');
    for (const ttlMs of [0, -1, Number.NaN, HOUR + 1]) expect(await refused({}, { ttlMs })).toBe('InvalidArgument');
    expect(await refused({}, { idempotencyKey: '' })).toBe('InvalidArgument');
    await desk.answer(sync.hold({ slot: slotAt(3), idempotencyKey: 'k' }));
    expect(await refused(slotAt(4))).toBe('KeyReused');
    await desk.answer(sync.holdBookings());
    expect(await refused(slotAt(5), { idempotencyKey: 'k5' })).toBe('BookingsHeld');
    desk.requests['connect'] = () => new Promise<never>(() => undefined);
    desk.cut();
    await desk.until(() => sync.status.phase !== 'live');
    expect(await refused(slotAt(5), { idempotencyKey: 'k5' })).toBe('NotLive');
  });

  it('does not keep the front desk out: its row wins', async () => {
    const { desk, sync } = await open();
    await desk.answer(sync.hold({ slot: slotAt(1), idempotencyKey: 'amy' }));
    desk.clinic.put(row('77', slotAt(1).start));
    await pass(desk, SECOND);
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' }))).toBe('SlotTaken');
  });
});

describe('two who want one slot', () => {
  it('the second gets it when the clinic refuses the first', async () => {
    const { desk, sync } = await open();
    let first = true;
    desk.requests['book'] = async (time) => {
      if (!first) return undefined;
      first = false;
      await time.wait(SECOND);
      return fault('ClinicBusy');
    };
    const [amy, bob] = [
      desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' })),
      desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'bob' })),
    ];
    expect(await amy).toBe('NotMade');
    expect(await bob).toMatchObject({ idempotencyKey: 'bob' });
  });

  it('nobody gets one that is in doubt', async () => {
    const { desk, sync } = await open();
    desk.answers['book'] = () => new Promise<never>(() => undefined);
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' }))).toBe('InDoubt');
    expect(await stateOf(desk, sync, 1)).toBe('taken');
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'bob' }))).toBe('SlotTaken');
  });
});

describe('a booking of ours, later', () => {
  const conflicts = (desk: Desk) => desk.events.filter(({ type }) => type === 'conflict.detected');

  it('is reported with a row that came over it', async () => {
    const { desk, sync } = await open();
    await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' }));
    const [ours] = desk.booked();
    desk.clinic.put(row('77', slotAt(1).start + 5 * MINUTE), row('78', slotAt(2).start));
    await pass(desk, 20 * SECOND);
    expect(conflicts(desk)).toEqual([
      expect.objectContaining({
        bookingId: 'amy',
        cause: 'clinic',
        ours: expect.objectContaining({ id: ours?.id }),
        others: [expect.objectContaining({ id: '77' })],
      }),
    ]);
  });

  it('is named when it goes, also where a restored backup has lost it', async () => {
    const { desk, sync } = await open();
    const yesterday = desk.clinic.all();
    const position = desk.clinic.position;
    await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' }));
    // How far the clinic's database is gets noted with each connection.
    desk.cut();
    await pass(desk, 20 * SECOND);
    desk.events.length = 0;
    desk.clinic.restore(yesterday, position);
    desk.cut();
    await desk.until(() => desk.events.some(({ type }) => type === 'resync.completed'));
    expect(desk.events).toContainEqual(
      expect.objectContaining({ type: 'resync.completed', reason: 'clinic-restored', possibleConflict: true }),
    );
    expect(desk.events).toContainEqual(
      expect.objectContaining({ type: 'appointment.deleted', bookingId: 'amy', cause: 'resync' }),
    );
    expect(await desk.answer(sync.outcome('amy'))).toMatchObject({ result: 'booked' });
  });

  it('is not confused with a stranger who has its id by now', async () => {
    const { desk, sync } = await open();
    await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'amy' }));
    const [ours] = desk.booked();
    await pass(desk, SECOND);
    desk.clinic.put(row(ours?.id ?? '', slotAt(4).start));
    await pass(desk, 20 * SECOND);
    desk.events.length = 0;
    desk.clinic.put(row('79', slotAt(4).start));
    desk.clinic.remove({ stream: 'busy', id: ours?.id ?? '' });
    await pass(desk, 20 * SECOND);
    expect(conflicts(desk)).toEqual([]);
    expect(desk.rowEvents().filter((event) => event.includes('amy'))).toEqual([]);
  });
});
