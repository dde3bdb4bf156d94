import { ResultAsync } from 'neverthrow';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic, type MemoryRow } from '../../src/adapters/memory/index.js';
import { ClinicSync, memoryMirror, MemoryDisk, type ClinicEvent, type SlotInput } from '../../src/index.js';

const HOUR = 3_600_000;
const QUARTER = 900_000;
const ZONE = 'Australia/Melbourne';
const TOMORROW = Math.floor(Date.now() / (24 * HOUR)) * 24 * HOUR + 24 * HOUR;

const row = (id: string, start: number, more: Partial<MemoryRow> = {}): MemoryRow => ({
  id,
  kind: 'appointment',
  practitionerIds: ['p1'],
  locationId: 'north',
  start,
  end: start + QUARTER,
  zone: ZONE,
  slotMs: null,
  ...more,
});
const session = (id: string, start: number, practitioner = 'p1') =>
  row(id, start, { kind: 'session', practitionerIds: [practitioner], end: start + 4 * HOUR, slotMs: QUARTER });

const running: ClinicSync[] = [];
function clinicSync(clinic: MemoryClinic, more: Partial<ConstructorParameters<typeof ClinicSync>[0]> = {}): ClinicSync {
  const sync = new ClinicSync({ clinicId: 'north', adapter: memoryAdapter({ clinic, zone: ZONE }), ...more });
  running.push(sync);
  return sync;
}
function practice(): MemoryClinic {
  const clinic = new MemoryClinic();
  clinic.put(session('s1', TOMORROW), session('s2', TOMORROW, 'p2'), row('a', TOMORROW + QUARTER));
  return clinic;
}
const slotAt = (start: number): SlotInput => ({ practitionerId: 'p1', start, end: start + QUARTER });

afterEach(async () => {
  await Promise.all(running.splice(0).map((sync) => sync.stop()));
});

describe('before start and after stop', () => {
  it('every request answers with a typed error', async () => {
    const sync = clinicSync(practice());
    const ask = () =>
      Promise.all([
        sync.availability(),
        sync.slot(slotAt(TOMORROW)),
        sync.snapshot(),
        sync.resync(),
        sync.readEvents({ after: 'inc-a.0' }),
      ]);
    const codes = async () => (await ask()).map((answer) => (answer.isErr() ? answer.error.code : 'answered'));
    expect(new Set(await codes())).toEqual(new Set(['NotStarted']));
    await expect(firstValueFrom(sync.events({ after: 'inc-a.0' }))).rejects.toMatchObject({ code: 'NotStarted' });
    await expect(firstValueFrom(sync.watchAvailability())).rejects.toMatchObject({ code: 'NotStarted' });
    await sync.stop();
    expect(new Set(await codes())).toEqual(new Set(['Stopped']));
    expect((await sync.start())._unsafeUnwrapErr().code).toBe('Stopped');
  });

  it('start and stop share one outcome, whoever calls them', async () => {
    const sync = clinicSync(practice());
    const [one, two] = await Promise.all([sync.start(), sync.start()]);
    expect(one._unsafeUnwrap().phase).toBe('live');
    expect(two._unsafeUnwrap()).toBe(one._unsafeUnwrap());
    await Promise.all([sync.stop(), sync.stop(), sync[Symbol.asyncDispose]()]);
    expect(sync.status.phase).toBe('stopped');
  });

  it('a stop during start ends it, and leaves the mirror to the next', async () => {
    const disk = new MemoryDisk();
    const clinic = practice();
    const sync = clinicSync(clinic, { mirror: memoryMirror({ disk }) });
    const starting = sync.start();
    await sync.stop();
    expect((await starting)._unsafeUnwrapErr().code).toBe('Stopped');
    const next = clinicSync(clinic, { mirror: memoryMirror({ disk }) });
    expect((await next.start()).isOk()).toBe(true);
  });

  it('a mirror that is open elsewhere is refused, and can be had afterwards', async () => {
    const disk = new MemoryDisk();
    const clinic = practice();
    const [one, two] = [
      clinicSync(clinic, { mirror: memoryMirror({ disk }) }),
      clinicSync(clinic, { mirror: memoryMirror({ disk }) }),
    ];
    expect((await one.start()).isOk()).toBe(true);
    expect((await two.start())._unsafeUnwrapErr()).toMatchObject({ code: 'MirrorInUse', retryable: true });
    expect(two.status.phase).toBe('idle');
    await one.stop();
    expect((await two.start()).isOk()).toBe(true);
  });

  it('streams complete with stop', async () => {
    const sync = clinicSync(practice());
    (await sync.start())._unsafeUnwrap();
    const all = Promise.all([
      firstValueFrom(sync.events$.pipe(toArray())),
      firstValueFrom(sync.status$.pipe(toArray())),
      firstValueFrom(sync.watchAvailability().pipe(toArray())),
      firstValueFrom(sync.events({ after: (await sync.snapshot())._unsafeUnwrap().cursor }).pipe(toArray())),
    ]);
    await sync.stop();
    const [, statuses, answers] = await all;
    expect(statuses.at(-1)?.phase).toBe('stopped');
    expect(answers[0]?.slots.length).toBeGreaterThan(0);
  });
});

describe('bad input', () => {
  it.each([
    [{ clinicId: '' }, 'clinicId'],
    [{ clinicId: 'x'.repeat(201) }, 'clinicId'],
    [{ horizonMs: -1 }, 'horizonMs'],
  ])('the constructor refuses %o', (options, field) => {
    expect(() => clinicSync(practice(), options)).toThrow(expect.objectContaining({ code: 'InvalidArgument', field }));
  });

  it('is named by its field, and nothing is written', async () => {
    const sync = clinicSync(practice());
    (await sync.start())._unsafeUnwrap();
    const before = (await sync.snapshot())._unsafeUnwrap();
    const slot = slotAt(TOMORROW);
    const asked = await Promise.all([
      sync.availability({ from: new Date(Number.NaN) }),
      sync.availability({ from: TOMORROW, to: TOMORROW - 1 }),
      sync.availability({ practitionerIds: ["p1'; drop table appointments; --"] }),
      sync.slot({ ...slot, start: new Date(Number.NaN) }),
      sync.slot({ ...slot, end: slot.start }),
      sync.slot({ ...slot, practitionerId: '' }),
      sync.slot({ ...slot, practitionerId: 'nobody\u0000' }),
      sync.readEvents({ after: 'nonsense' }),
      sync.readEvents({ after: before.cursor, limit: 0 }),
      sync.readEvents({ after: 'some-other-mirror.1' }),
    ]);
    expect(
      asked.map((answer) => (answer.isErr() ? `${answer.error.code} ${answer.error.field ?? ''}` : 'answered')),
    ).toEqual([
      'InvalidArgument filter.from',
      'InvalidArgument filter.to',
      'UnknownPractitioner filter.practitionerIds',
      'InvalidArgument slot.start',
      'InvalidArgument slot.end',
      'InvalidArgument slot.practitionerId',
      'UnknownPractitioner slot.practitionerId',
      'InvalidArgument after',
      'InvalidArgument limit',
      'CursorLost ',
    ]);
    expect((await sync.snapshot())._unsafeUnwrap()).toEqual(before);
  });

  it('says so where no roster is read', async () => {
    const clinic = practice();
    const sync = clinicSync(clinic, {
      adapter: memoryAdapter({ clinic, zone: ZONE, capabilities: { sessions: false } }),
    });
    (await sync.start())._unsafeUnwrap();
    expect((await sync.availability())._unsafeUnwrapErr().code).toBe('NoSessions');
  });
});

describe('answers', () => {
  it('name the free slots and say how fresh they are', async () => {
    const sync = clinicSync(practice());
    (await sync.start())._unsafeUnwrap();
    const answer = (await sync.availability({ practitionerIds: ['p1'], limit: 3 }))._unsafeUnwrap();
    expect(answer.slots.map(({ start }) => start)).toEqual([TOMORROW, TOMORROW + 2 * QUARTER, TOMORROW + 3 * QUARTER]);
    expect(answer).toMatchObject({ truncated: true, freshness: 'live' });
    expect((await sync.slot(slotAt(TOMORROW + QUARTER)))._unsafeUnwrap().state).toBe('taken');
    expect((await sync.slot(slotAt(TOMORROW + 60_000)))._unsafeUnwrap().state).toBe('not-offered');
    expect((await sync.slot(slotAt(TOMORROW - 30 * 24 * HOUR)))._unsafeUnwrap().state).toBe('past');
  });

  it('a watched slot vanishes, and a watched list changes only when it does', async () => {
    const clinic = practice();
    const sync = clinicSync(clinic);
    (await sync.start())._unsafeUnwrap();
    const states = firstValueFrom(sync.watchSlot(slotAt(TOMORROW)).pipe(take(3), toArray()));
    const lists: number[] = [];
    sync.watchAvailability({ practitionerIds: ['p1'] }).subscribe(({ slots }) => lists.push(slots.length));
    await expect.poll(() => lists.length).toBe(1);
    clinic.put(row('elsewhere', TOMORROW, { practitionerIds: ['p2'] }));
    clinic.put(row('desk', TOMORROW));
    await expect.poll(() => lists.length).toBe(2);
    clinic.remove({ stream: 'busy', id: 'desk' });
    expect((await states).map(({ state }) => state)).toEqual(['available', 'taken', 'available']);
    await expect.poll(() => lists.length).toBe(3);
    expect(lists).toEqual([15, 14, 15]);
  });

  it('a roster edit changes what is offered at once', async () => {
    const clinic = practice();
    const sync = clinicSync(clinic);
    (await sync.start())._unsafeUnwrap();
    const states = firstValueFrom(sync.watchSlot(slotAt(TOMORROW)).pipe(take(2), toArray()));
    await expect.poll(async () => (await sync.slot(slotAt(TOMORROW))).isOk()).toBe(true);
    clinic.remove({ stream: 'session', id: 's1' });
    expect((await states).map(({ state }) => state)).toEqual(['available', 'not-offered']);
  });
});

describe('events', () => {
  it('resume from a cursor across processes, in order and once', async () => {
    const disk = new MemoryDisk();
    const clinic = practice();
    const first = clinicSync(clinic, { mirror: memoryMirror({ disk }) });
    (await first.start())._unsafeUnwrap();
    const { cursor } = (await first.snapshot())._unsafeUnwrap();
    clinic.put(row('b', TOMORROW + HOUR));
    await firstValueFrom(first.events({ after: cursor }).pipe(take(1)));
    await first.stop();
    clinic.put(row('c', TOMORROW + 2 * HOUR));
    const second = clinicSync(clinic, { mirror: memoryMirror({ disk }) });
    (await second.start())._unsafeUnwrap();
    const told: ClinicEvent[] = [];
    second.events({ after: cursor }).subscribe((event) => told.push(event));
    clinic.put(row('d', TOMORROW + 3 * HOUR));
    await expect.poll(() => told.filter(({ type }) => type === 'appointment.created').length).toBe(3);
    const seqs = told.map((event) => Number(event.cursor.split('.').at(-1)));
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    const page = (await second.readEvents({ after: cursor, limit: 2 }))._unsafeUnwrap();
    expect(page.events).toEqual(told.slice(0, 2));
  });

  it('a listener that throws harms no one else', async () => {
    const clinic = practice();
    const thrown: unknown[] = [];
    const catchIt = (error: unknown) => thrown.push(error);
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', catchIt);
    const sync = clinicSync(clinic);
    const seen: string[] = [];
    sync.on('appointment.created', () => {
      throw new Error('the host erred');
    });
    sync.on('appointment.created', (event) => seen.push(event.row.id));
    (await sync.start())._unsafeUnwrap();
    clinic.put(row('b', TOMORROW + HOUR));
    await expect.poll(() => [seen, thrown.length]).toEqual([['b'], 1]);
    process.off('uncaughtException', catchIt);
    for (const listener of before) process.on('uncaughtException', listener);
    expect(sync.status.phase).toBe('live');
  });

  it('a mass change is held until the host accepts it', async () => {
    const clinic = practice();
    for (let i = 0; i < 60; i++) clinic.put(row(`m${String(i)}`, TOMORROW + i * QUARTER));
    const sync = clinicSync(clinic);
    const types: string[] = [];
    sync.events$.subscribe(({ type }) => types.push(type));
    (await sync.start())._unsafeUnwrap();
    clinic.commit({
      removes: Array.from({ length: 60 }, (_, i) => ({ stream: 'busy' as const, id: `m${String(i)}` })),
    });
    await expect.poll(() => sync.status.phase).toBe('suspect');
    expect((await sync.availability())._unsafeUnwrap().freshness).toBe('suspect');
    expect(sync.status.holds).toEqual(['not-live']);
    expect((await sync.resync())._unsafeUnwrapErr().code).toBe('ClinicSuspect');
    expect(types.filter((type) => type === 'appointment.deleted')).toHaveLength(0);
    expect((await sync.resync({ acceptMassChange: true }))._unsafeUnwrap().deleted).toBe(60);
    await expect.poll(() => sync.status.phase).toBe('live');
    expect(types).toContain('clinic.trusted');
  });

  it('a mass change that is accepted while it is looked at again is let through, and its host told so', async () => {
    const clinic = practice();
    for (let i = 0; i < 60; i++) clinic.put(row(`m${String(i)}`, TOMORROW + i * QUARTER));
    const plain = memoryAdapter({ clinic, zone: ZONE });
    let [slow, looks] = [false, 0];
    const adapter: ClinicAdapter = {
      ...plain,
      connect: (options) =>
        plain.connect(options).map((link) => {
          const { digest } = link;
          link.digest = (read) => {
            looks++;
            const pause = new Promise((resolve) => setTimeout(resolve, slow ? 100 : 0));
            return ResultAsync.fromSafePromise(pause).andThen(() => digest!.call(link, read));
          };
          return link;
        }),
    };
    const sync = clinicSync(clinic, { adapter, tuning: { suspectRecheckMs: 20 } });
    const trusted: string[] = [];
    sync.on('clinic.trusted', ({ by }) => trusted.push(by));
    (await sync.start())._unsafeUnwrap();
    clinic.commit({
      removes: Array.from({ length: 60 }, (_, i) => ({ stream: 'busy' as const, id: `m${String(i)}` })),
    });
    await expect.poll(() => sync.status.phase).toBe('suspect');
    slow = true;
    const before = looks;
    await expect.poll(() => looks, { interval: 5 }).toBeGreaterThan(before);
    // Each look of the host's own, in the middle of one that comes by itself.
    const refused = sync.resync();
    expect((await sync.resync({ acceptMassChange: true }))._unsafeUnwrap().deleted).toBe(60);
    expect((await refused)._unsafeUnwrapErr().code).toBe('ClinicSuspect');
    await expect.poll(() => trusted).toEqual(['host']);
  });
});
