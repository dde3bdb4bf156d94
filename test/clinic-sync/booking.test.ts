/** Bookings and deletions over a road that loses and delays, on virtual time. */
import { describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/instant.js';
import { fault, type ClinicSync } from '../../src/index.js';
import { EPOCH, NINE, open, row, slotAt, type Desk } from './desk.js';

const lost = () => new Promise<never>(() => undefined);

describe('booking', () => {
  it('puts one row into the clinic, tells it once, and answers the same to the same key', async () => {
    const { desk, sync } = await open();
    const request = {
      slot: slotAt(1),
      idempotencyKey: 'k',
      details: { patient: "o'brien ☃", reason: 'x; drop table' },
    };
    const booking = await desk.answer(sync.book(request));
    const [ours] = desk.booked();
    expect(ours).toMatchObject({
      start: slotAt(1).start,
      end: slotAt(1).end,
      locationId: 'main',
      details: request.details,
    });
    expect(booking).toMatchObject({ idempotencyKey: 'k', row: { id: ours?.id } });
    expect(await desk.answer(sync.book(request))).toEqual(booking);
    expect(await desk.answer(sync.outcome('k'))).toEqual({ result: 'booked', row: (booking as { row: object }).row });
    await desk.time.runUntil(desk.time.now + 30 * SECOND);
    expect(desk.booked()).toHaveLength(1);
    expect(desk.rowEvents()).toHaveLength(1);
    expect(await desk.answer(sync.slot(slotAt(1)))).toMatchObject({ state: 'taken' });
  });

  it('has one winner among 200 who want the same slot', async () => {
    const { desk, sync } = await open();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => sync.book({ slot: slotAt(2), idempotencyKey: `k${String(i)}` }))
        .map((asked) => asked)
        .map((asked) => desk.answer(asked)),
    );
    expect(answers.filter((answer) => typeof answer === 'object')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'SlotTaken')).toHaveLength(199);
    expect(desk.booked()).toHaveLength(1);
  });

  it('refuses what cannot be booked, and writes nothing', async () => {
    const { desk, sync } = await open();
    const refused = async (slot: object, details = {}, key = 'k') =>
      desk.answer(sync.book({ slot: { ...slotAt(3), ...slot }, idempotencyKey: key, details }));
    expect(await refused(slotAt(0))).toBe('SlotTaken');
    expect(await refused({ start: NINE + 20 * MINUTE })).toBe('SlotNotOffered');
    expect(await refused({ start: EPOCH - HOUR, end: EPOCH })).toBe('SlotPast');
    expect(await refused({ start: EPOCH + 200 * DAY, end: EPOCH + 200 * DAY + HOUR })).toBe('BeyondHorizon');
    expect(await refused({ end: slotAt(3).start })).toBe('InvalidArgument');
    expect(await refused({ practitionerId: 'p9' })).toBe('UnknownPractitioner');
    expect(await refused({}, { reason: 'a\0b' })).toBe('InvalidArgument');
    expect(await refused({}, { reason: 'a'.repeat(2_001) })).toBe('InvalidArgument');
    expect(await refused({}, { mobile: '1' })).toBe('InvalidArgument');
    expect(await refused({}, {}, '')).toBe('InvalidArgument');
    expect(await refused({}, {}, 'k'.repeat(201))).toBe('InvalidArgument');
    expect(desk.booked()).toEqual([]);
    expect(await desk.answer(sync.outcome('k'))).toEqual({ result: 'unknown' });
    await desk.answer(sync.book({ slot: slotAt(3), idempotencyKey: 'k' }));
    expect(await refused(slotAt(4))).toBe('KeyReused');
  });

  it('is refused by a host that holds, until it releases, across a restart', async () => {
    const { desk, sync } = await open();
    await desk.answer(sync.holdBookings());
    expect(sync.status.holds).toEqual(['host']);
    desk.kill();
    const again = await desk.start();
    expect(await desk.answer(again.book({ slot: slotAt(1), idempotencyKey: 'k' }))).toBe('BookingsHeld');
    await desk.answer(again.releaseBookings());
    expect(again.status.holds).toEqual([]);
    expect(await desk.answer(again.book({ slot: slotAt(1), idempotencyKey: 'k' }))).toMatchObject({
      idempotencyKey: 'k',
    });
    expect(desk.events.map(({ type }) => type)).toEqual(expect.arrayContaining(['hold.placed', 'hold.released']));
  });

  it('says so where the login may only read', async () => {
    const { desk, sync } = await open({ writes: false });
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'k' }))).toBe('ReadOnlyClinic');
  });

  it('yields to a row of the clinic that came between its commit and the look', async () => {
    const { desk, sync } = await open();
    desk.answers['book'] = () => {
      desk.clinic.put(row('77', slotAt(5).start + 5 * MINUTE));
      return Promise.resolve(undefined);
    };
    expect(await desk.answer(sync.book({ slot: slotAt(5), idempotencyKey: 'k' }))).toBe('SlotTaken');
    expect(desk.booked()).toEqual([]);
    expect(await desk.answer(sync.outcome('k'))).toBe('SlotTaken');
  });

  it('reports both where the clinic changed our row before it could be taken back', async () => {
    const { desk, sync } = await open();
    desk.answers['book'] = () => {
      desk.clinic.put(row('77', slotAt(5).start));
      return Promise.resolve(undefined);
    };
    desk.requests['delete'] = () => {
      const [ours] = desk.booked();
      if (ours) desk.clinic.put({ ...ours, locationId: 'other' });
      return Promise.resolve(undefined);
    };
    expect(await desk.answer(sync.book({ slot: slotAt(5), idempotencyKey: 'k' }))).toMatchObject({
      idempotencyKey: 'k',
    });
    expect(desk.events).toContainEqual(
      expect.objectContaining({ type: 'conflict.detected', others: [expect.objectContaining({ id: '77' })] }),
    );
  });

  it('leaves a blockout alone that was given the id of our row before it could be taken back', async () => {
    const { desk, sync } = await open();
    let id = '';
    desk.answers['book'] = async (time) => {
      id = desk.booked()[0]?.id ?? '';
      desk.clinic.put(row('77', slotAt(5).start));
      desk.clinic.put(row(id, slotAt(20).start, 15, 'blockout'));
      // The copy has both by the time of the look.
      await time.wait(500);
      return undefined;
    };
    // And no look ends between the deletion's request and its answer.
    desk.requests['delete'] = async () => {
      desk.answers['readKeys'] = (time) => time.wait(50).then(() => undefined);
      return undefined;
    };
    expect(await desk.answer(sync.book({ slot: slotAt(5), idempotencyKey: 'k' }))).toBe('SlotTaken');
    expect(desk.rowEvents().sort()).toEqual([`appointment.created ${id} clinic -`, `appointment.created 77 clinic -`]);
  });
});

describe('doubt', () => {
  it('a reply lost after the commit: in doubt, then settled as booked, one row', async () => {
    const { desk, sync } = await open();
    desk.answers['book'] = lost;
    const request = { slot: slotAt(1), idempotencyKey: 'k' };
    expect(await desk.answer(sync.book(request))).toBe('InDoubt');
    expect(await desk.answer(sync.book(request))).toBe('InDoubt');
    await desk.until(() => desk.events.some(({ type }) => type === 'request.settled'));
    expect(await desk.answer(sync.book(request))).toMatchObject({ row: { id: desk.booked()[0]?.id } });
    expect(desk.booked()).toHaveLength(1);
  });

  it('a statement that arrives after our reconnect, our settlement and a retry inserts nothing', async () => {
    const { desk, sync } = await open();
    // Two minutes on its way.
    desk.requests['book'] = (time) => time.wait(2 * MINUTE).then(() => undefined);
    const request = { slot: slotAt(1), idempotencyKey: 'k' };
    expect(await desk.answer(sync.book(request))).toBe('InDoubt');
    desk.cut();
    await desk.until(() => desk.events.some(({ type }) => type === 'request.settled'));
    delete desk.requests['book'];
    expect(await desk.answer(sync.book(request))).toBe('NotMade');
    await desk.time.runUntil(desk.time.now + 5 * MINUTE);
    expect(desk.booked()).toEqual([]);
    expect(await desk.answer(sync.book({ ...request, idempotencyKey: 'k2' }))).toMatchObject({ idempotencyKey: 'k2' });
  });

  it('a statement that arrives late, but before the fence, is found by the settlement', async () => {
    const { desk, sync } = await open();
    desk.requests['book'] = (time) => time.wait(4.9 * SECOND).then(() => undefined);
    desk.answers['book'] = lost;
    const asked = sync.book({ slot: slotAt(1), idempotencyKey: 'k' });
    await desk.time.runUntil(desk.time.now + SECOND);
    desk.cut();
    expect(await desk.answer(asked)).toBe('InDoubt');
    await desk.until(() => desk.events.some(({ type }) => type === 'request.settled'));
    expect(await desk.answer(sync.outcome('k'))).toMatchObject({ result: 'booked' });
    expect(desk.booked()).toHaveLength(1);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20])(
    'a process killed %i ms into a booking settles it when it is back',
    async (ms) => {
      const { desk, sync } = await open();
      void sync.book({ slot: slotAt(1), idempotencyKey: 'k' });
      await desk.time.runUntil(desk.time.now + ms);
      desk.kill();
      const again = await desk.start();
      const outcome = await desk.answer(again.outcome('k'));
      const rows = desk.booked();
      if (rows.length === 1) expect(outcome).toMatchObject({ result: 'booked', row: { id: rows[0]?.id } });
      else expect(['NotMade', 'unknown']).toContain(typeof outcome === 'string' ? outcome : 'unknown');
      expect(rows.length).toBeLessThan(2);
    },
  );

  it('without tokens a row that merely looks right is nobody’s proof', async () => {
    const { desk, sync } = await open({ tokens: false });
    desk.requests['book'] = lost;
    const taken = sync.book({ slot: slotAt(1), idempotencyKey: 'taken' });
    const free = sync.book({ slot: slotAt(6), idempotencyKey: 'free' });
    await desk.time.runUntil(desk.time.now + 10);
    desk.clinic.put(row('77', slotAt(1).start));
    expect(await desk.answer(taken)).toBe('InDoubt');
    expect(await desk.answer(free)).toBe('InDoubt');
    await desk.until(() => desk.events.filter(({ type }) => type === 'request.settled').length === 2);
    expect(await desk.answer(sync.outcome('taken'))).toBe('Ambiguous');
    expect(await desk.answer(sync.outcome('free'))).toBe('NotMade');
  });

  it('a server that refuses leaves no doubt', async () => {
    const { desk, sync } = await open();
    desk.requests['book'] = () => Promise.resolve(fault('PermissionDenied'));
    expect(await desk.answer(sync.book({ slot: slotAt(1), idempotencyKey: 'k' }))).toBe('NotMade');
  });
});

describe('deleting', () => {
  const snapshotOf = async (sync: ClinicSync, desk: Desk, id: string) => {
    const snapshot = (await desk.answer(sync.snapshot())) as { rows: { row: { id: string }; fingerprint: string }[] };
    return snapshot.rows.find((each) => each.row.id === id)?.fingerprint ?? '';
  };

  it('deletes the version that was named, and tells it once', async () => {
    const { desk, sync } = await open();
    const fingerprint = await snapshotOf(sync, desk, '1');
    const request = { id: '1', fingerprint, idempotencyKey: 'd' };
    expect(await desk.answer(sync.delete(request))).toEqual({ idempotencyKey: 'd' });
    expect(await desk.answer(sync.delete(request))).toEqual({ idempotencyKey: 'd' });
    expect(desk.clinic.get('busy', '1')).toBeUndefined();
    await desk.time.runUntil(desk.time.now + 20 * SECOND);
    expect(desk.rowEvents()).toHaveLength(1);
  });

  it('leaves a stranger’s row alone', async () => {
    const { desk, sync } = await open();
    const fingerprint = await snapshotOf(sync, desk, '1');
    expect(await desk.answer(sync.delete({ id: '1', fingerprint: 'f1:other', idempotencyKey: 'd0' }))).toBe(
      'AppointmentChanged',
    );
    expect(await desk.answer(sync.delete({ id: '404', fingerprint, idempotencyKey: 'd1' }))).toBe('AppointmentGone');
    desk.requests['delete'] = () => {
      desk.clinic.put(row('1', NINE + HOUR));
      return Promise.resolve(undefined);
    };
    expect(await desk.answer(sync.delete({ id: '1', fingerprint, idempotencyKey: 'd2' }))).toBe('AppointmentChanged');
    expect(desk.clinic.get('busy', '1')?.row.start).toBe(NINE + HOUR);
  });

  it('a lost reply is settled either way', async () => {
    const { desk, sync } = await open();
    const fingerprint = await snapshotOf(sync, desk, '1');
    desk.requests['delete'] = lost;
    expect(await desk.answer(sync.delete({ id: '1', fingerprint, idempotencyKey: 'never' }))).toBe('InDoubt');
    await desk.until(() => desk.events.some(({ type }) => type === 'request.settled'));
    expect(await desk.answer(sync.outcome('never'))).toBe('NotMade');
    delete desk.requests['delete'];
    desk.answers['delete'] = lost;
    expect(await desk.answer(sync.delete({ id: '1', fingerprint, idempotencyKey: 'done' }))).toBe('InDoubt');
    await desk.until(() => desk.events.filter(({ type }) => type === 'request.settled').length === 2);
    expect(await desk.answer(sync.outcome('done'))).toEqual({ result: 'deleted' });
  });
});
