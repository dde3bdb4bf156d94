/** What a host does with a fleet, and what of one clinic does not reach another. */
import { errAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import type { ClinicWriter } from '../../src/adapters/writer.js';
import { fault } from '../../src/domain/errors.js';
import { DAY, MINUTE, SECOND } from '../../src/domain/instant.js';
import { ClinicFleet, memoryMirror, type ClinicEvent } from '../../src/index.js';
import { faultyMirror } from '../../src/testing/faulty-mirror.js';
import { EPOCH, grounds, row, type FleetGround } from './ground.js';

const { open } = grounds();

const eventsOf = (ground: FleetGround, clinicId: string) =>
  ground.told.flatMap(({ event }) => (event.clinicId === clinicId ? [event] : []));

describe('a fleet', () => {
  it('takes clinics in, finds them by their ids, and lets go of them', async () => {
    const ground = await open(3);
    const { fleet } = ground;
    expect(fleet.ids).toEqual(['c0', 'c1', 'c2']);
    expect([...fleet].map(({ clinicId }) => clinicId)).toEqual(fleet.ids);
    expect(fleet.get('c1')?.status.phase).toBe('live');
    expect(fleet.get('elsewhere')).toBeUndefined();
    expect(fleet.size).toBe(3);
  });

  it('refuses what cannot be meant', async () => {
    for (const [options, field] of [
      [{ maxConnecting: 1 }, 'maxConnecting'],
      [{ maxResyncing: 2.5 }, 'maxResyncing'],
      [{ pulsesPerSecond: 0 }, 'pulsesPerSecond'],
      [{ drainMs: -1 }, 'drainMs'],
    ] as const)
      expect(() => new ClinicFleet(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument', field }));
    const ground = await open(1);
    const adapter = ground.adapter('c0');
    const codeOf = (clinicId: string) => ground.fleet.add({ clinicId, adapter })._unsafeUnwrapErr();
    expect(codeOf('c0')).toMatchObject({ code: 'ClinicExists', field: 'clinicId' });
    expect(codeOf('')).toMatchObject({ code: 'InvalidArgument', field: 'clinicId' });
    expect(ground.fleet.size).toBe(1);
    await ground.finish(ground.fleet.stop());
    expect(codeOf('late').code).toBe('Stopped');
  });

  it('tells each clinic’s events in the order of its log, from which a consumer goes on after a restart', async () => {
    const ground = await open(5);
    const { clinics, fleet } = ground;
    for (let i = 0; i < 40; i++) {
      clinics.get(`c${i % 5}`)?.put(row(`n${i}`, EPOCH + DAY + i * 15 * MINUTE));
      await ground.time.runUntil(ground.time.now + 100);
    }
    await ground.time.runUntil(ground.time.now + SECOND);
    for (const sync of fleet) {
      const heard = eventsOf(ground, sync.clinicId);
      expect(heard.filter(({ type }) => type === 'appointment.created').length).toBe(8);
      const [first] = heard;
      if (!first) throw new Error('nothing was told');
      const page = (await sync.readEvents({ after: first.cursor }))._unsafeUnwrap();
      expect(page.events).toEqual(heard.slice(1));
    }
  });

  it('adds and removes under load: whoever stays hears everything, whoever is back goes on where it was', async () => {
    const ground = await open(20);
    const { fleet, clinics, random, time } = ground;
    let written = 0;
    for (let round = 0; round < 30; round++) {
      const id = `c${random.int(0, 19)}`;
      if (fleet.get(id)) {
        const [first, second] = [fleet.remove(id), fleet.remove(id)];
        // Not before it is closed.
        expect(fleet.add({ clinicId: id, adapter: ground.adapter(id) })._unsafeUnwrapErr().code).toBe('ClinicExists');
        await ground.finish(Promise.all([first, second]));
        expect(fleet.get(id)).toBeUndefined();
      } else {
        fleet.add({ clinicId: id, adapter: ground.adapter(id) })._unsafeUnwrap();
      }
      for (let i = 0; i < 5; i++) {
        const to = `c${random.int(0, 19)}`;
        clinics.get(to)?.put(row(`r${written++}`, EPOCH + DAY + written * MINUTE));
        await time.runUntil(time.now + 50);
      }
    }
    for (const id of clinics.keys())
      if (!fleet.get(id)) fleet.add({ clinicId: id, adapter: ground.adapter(id) })._unsafeUnwrap();
    await ground.until(() => fleet.status.phases.live === 20, MINUTE);
    await time.runUntil(time.now + 15 * SECOND);
    for (const sync of fleet) {
      const { rows } = (await sync.snapshot())._unsafeUnwrap();
      const truth = [...(clinics.get(sync.clinicId)?.all().values() ?? [])].map((record) => record.row.id);
      expect(rows.map((stored) => stored.row.id).sort()).toEqual(truth.sort());
      const created = eventsOf(ground, sync.clinicId).filter(({ type }) => type === 'appointment.created');
      // The two that were there at the first copy are no news; each other one is told once.
      expect(created.map((event) => 'row' in event && event.row.id).sort()).toEqual(
        truth.filter((id) => id.startsWith('r')),
      );
    }
    expect(await fleet.remove('elsewhere')).toBe(false);
  });

  it('an adapter that throws, lies, hangs or refuses does not touch another clinic', async () => {
    const ground = await open(10);
    for (const kind of ['throws', 'garbage', 'mute', 'dead', 'refusing'] as const) ground.add(kind, kind);
    const before = ground.time.now;
    for (let i = 0; i < 20; i++) {
      ground.clinics.get('c3')?.put(row(`n${i}`, EPOCH + DAY + i * 15 * MINUTE));
      await ground.time.runUntil(ground.time.now + 3 * SECOND);
    }
    const { phases, notLive } = ground.fleet.status;
    expect(phases.live).toBe(10);
    expect(notLive.map(({ clinicId }) => clinicId).sort()).toEqual(['dead', 'garbage', 'mute', 'refusing', 'throws']);
    const fault = Object.fromEntries(notLive.map((one) => [one.clinicId, one.fault]));
    expect(fault).toMatchObject({ throws: 'ClinicProtocol', garbage: 'ClinicProtocol', refusing: 'ClinicUnreachable' });
    for (let i = 0; i < 10; i++) {
      const since = ground.told.filter(({ event, at }) => event.clinicId === `c${i}` && at > before);
      expect(since.map(({ event }) => event.type)).toEqual(i === 3 ? Array(20).fill('appointment.created') : []);
    }
  });

  it.each(['lies-in-rows', 'lies-in-digests'] as const)(
    'a live clinic that %s is offline by itself, and back once it tells the truth',
    async (kind) => {
      const ground = await open(10);
      ground.kinds.set('c4', kind);
      for (const clinic of ground.clinics.values()) clinic.put(row('n', EPOCH + DAY));
      await ground.until(() => ground.fleet.status.phases.live === 9, MINUTE);
      await ground.time.runUntil(ground.time.now + MINUTE);
      expect(ground.fleet.status.notLive).toMatchObject([{ clinicId: 'c4', fault: 'ClinicProtocol' }]);
      ground.kinds.set('c4', 'healthy');
      await ground.until(() => ground.fleet.status.phases.live === 10, MINUTE);
      for (const id of ground.fleet.ids)
        expect(eventsOf(ground, id).filter(({ type }) => type === 'appointment.created').length).toBe(1);
    },
  );

  it('a start that fails is tried again, soon where that helps', async () => {
    const ground = await open(1);
    const refused = { ...ground.adapter('c0') };
    let mended = false;
    const adapter = {
      ...refused,
      connect: (options: Parameters<typeof refused.connect>[0]) =>
        mended ? refused.connect(options) : errAsync(fault('PermissionDenied')),
    };
    const sync = ground.fleet.add({ clinicId: 'locked-out', adapter })._unsafeUnwrap();
    await ground.time.runUntil(ground.time.now + 10 * SECOND);
    expect(ground.fleet.status.notLive).toMatchObject([
      { clinicId: 'locked-out', phase: 'idle', fault: 'PermissionDenied' },
    ]);
    mended = true;
    await ground.until(() => sync.status.phase === 'live', 5 * MINUTE);
    expect(ground.fleet.status.notLive).toEqual([]);
  });

  it('a listener that throws keeps nobody from hearing, and its error is the host’s', async () => {
    const ground = await open(3);
    const heard: ClinicEvent[] = [];
    ground.fleet.on('appointment.created', () => {
      throw new Error('the host’s own');
    });
    ground.fleet.on('appointment.created', (event) => heard.push(event));
    for (const clinic of ground.clinics.values()) clinic.put(row('n', EPOCH + DAY));
    const errors: unknown[] = [];
    for (let i = 0; i < 50 && heard.length < 3; i++)
      await ground.time.runUntil(ground.time.now + 100).catch((error: unknown) => errors.push(error));
    expect(heard.map(({ clinicId }) => clinicId).sort()).toEqual(['c0', 'c1', 'c2']);
    expect(errors).toContainEqual(new Error('the host’s own'));
    expect(ground.fleet.status.phases.live).toBe(3);
  });

  it('a full disk is told once for each clinic, and all come back', async () => {
    let full = false;
    const mirror = faultyMirror(memoryMirror(), {
      before: async (_what, isWrite) => (full && isWrite ? fault('MirrorFull') : undefined),
      after: async () => undefined,
    });
    const ground = await open(8, { mirror });
    const { told, fleet, clinics } = ground;
    full = true;
    for (const clinic of clinics.values()) clinic.put(row('n', EPOCH + DAY));
    await ground.until(() => fleet.status.phases.live === 0, MINUTE);
    expect(new Set(fleet.status.notLive.map((one) => one.fault))).toEqual(new Set(['MirrorFull']));
    await ground.time.runUntil(ground.time.now + 30 * SECOND);
    full = false;
    const from = told.length;
    await ground.until(() => fleet.status.phases.live === 8, MINUTE);
    for (const id of fleet.ids) {
      const since = told.slice(from).flatMap(({ event }) => (event.clinicId === id ? [event] : []));
      expect(since.filter(({ type }) => type === 'appointment.created').length).toBe(1);
      expect(since.filter(({ type }) => type === 'resync.completed')).toMatchObject([{ reason: 'mirror-failed' }]);
    }
  });

  it('stops within bounds, also with clinics that never close; concurrent calls share one end', async () => {
    const ground = await open(30);
    for (const kind of ['dead', 'mute', 'throws'] as const) ground.add(kind, kind);
    const unclosable = ground.adapter('c0');
    ground.fleet
      .add({
        clinicId: 'unclosable',
        adapter: {
          ...unclosable,
          connect: (options) =>
            unclosable
              .connect(options)
              .map((link) =>
                Object.assign(link, { close: () => ResultAsync.fromSafePromise(new Promise<void>(() => undefined)) }),
              ),
        },
      })
      ._unsafeUnwrap();
    await ground.time.runUntil(ground.time.now + 5 * SECOND);
    let completed = 0;
    ground.fleet.events$.subscribe({ complete: () => completed++ });
    ground.fleet.status$.subscribe({ complete: () => completed++ });
    const [first, second] = [ground.fleet.stop(), ground.fleet.stop()];
    const took = await ground.finish(Promise.all([first, second, ground.fleet[Symbol.asyncDispose]()]), 2 * MINUTE);
    expect(took).toBeLessThan(20 * SECOND);
    expect(completed).toBe(2);
    expect(ground.fleet.status.phases.stopped).toBe(34);
    const told = ground.told.length;
    await ground.time.runUntil(ground.time.now + MINUTE);
    expect(ground.told.length).toBe(told);
  });

  it.each([
    [5 * SECOND, 'booked'],
    [0, 'InDoubt'],
  ])('gives a booking under way %i ms to come to its end before it stops: it is %s', async (drainMs, end) => {
    const ground = await open(1, { drainMs });
    const { clinics, fleet, time } = ground;
    const start = EPOCH + 3 * DAY;
    const slot = { practitionerId: 'dr-lee', start, end: start + 15 * MINUTE };
    clinics.get('c0')?.put({ ...row('s', start), end: start + 480 * MINUTE, kind: 'session', slotMs: 15 * MINUTE });
    await ground.finish(fleet.remove('c0'));
    const sync = fleet.add({ clinicId: 'c0', adapter: slowToBook(ground) })._unsafeUnwrap();
    await ground.until(() => sync.status.phase === 'live', MINUTE);
    let outcome: string | undefined;
    void sync.book({ slot, idempotencyKey: 'form' }).match(
      () => (outcome = 'booked'),
      ({ code }) => (outcome = code),
    );
    await time.runUntil(time.now + SECOND);
    const stopped = ground.finish(fleet.stop());
    expect((await sync.book({ slot, idempotencyKey: 'late' }))._unsafeUnwrapErr().code).toBe('Stopped');
    await stopped;
    expect(outcome).toBe(end);
  });
});

/** Its clinic takes three seconds to write. */
function slowToBook(ground: FleetGround): ClinicAdapter {
  const adapter = ground.adapter('c0', { sessions: true });
  return {
    ...adapter,
    connect: (options) =>
      adapter.connect(options).map((link) => {
        const { writer } = link;
        if (!writer) throw new Error('it cannot write');
        const book: ClinicWriter['book'] = (order) =>
          ResultAsync.fromSafePromise(ground.time.wait(3 * SECOND)).andThen(() => writer.book(order));
        return Object.assign(link, { writer: { ...writer, book } });
      }),
  };
}
