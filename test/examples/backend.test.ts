/** The booking backend over HTTP: what each route answers, what a stream tells, and what stays out of its log. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { firstValueFrom, filter } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { backend, type Access } from '../../examples/backend/app.js';
import { STATUS_OF } from '../../examples/backend/statuses.js';
import { memoryAdapter, MemoryClinic } from '../../src/adapters/memory/index.js';
import { ClinicSync, ERRORS, toIso } from '../../src/index.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NINE = Math.ceil(Date.now() / DAY) * DAY + 2 * DAY;
const CLINIC = '/clinics/northcote';
const base = { practitionerIds: ['p1'], locationId: 'main', zone: 'Australia/Melbourne' } as const;
const slot = (n: number) => ({
  practitionerId: 'p1',
  start: toIso(NINE + n * 15 * MINUTE),
  end: toIso(NINE + (n + 1) * 15 * MINUTE),
});
const slotPath = (n: number) => `${CLINIC}/slots/p1/${slot(n).start}/${slot(n).end}`;

let clinic: MemoryClinic;
let sync: ClinicSync;
let log: Access[];
let app: ReturnType<typeof backend>;

beforeEach(async () => {
  clinic = new MemoryClinic('clinic');
  clinic.put({ ...base, id: 's', kind: 'session', start: NINE, end: NINE + 60 * MINUTE, slotMs: 15 * MINUTE });
  sync = new ClinicSync({ clinicId: 'northcote', adapter: memoryAdapter({ clinic, zone: base.zone }) });
  const started = await sync.start();
  expect(started.isOk() && started.value.phase).toBe('live');
  log = [];
  app = backend({ clinics: new Map([['northcote', sync]]), log: (access) => log.push(access) });
});
afterEach(() => sync.stop());

/** Somebody at the clinic takes a slot. */
function desk(id: string, n: number) {
  const start = NINE + n * 15 * MINUTE;
  clinic.put({ ...base, id, kind: 'appointment', start, end: start + 15 * MINUTE, slotMs: null });
}

async function ask(method: string, path: string, body?: unknown, key?: string) {
  const response = await app.request(path, {
    method,
    headers: { ...(key !== undefined && { 'Idempotency-Key': key }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

/** The first `count` events of a stream, which is then left. */
async function read(path: string, count: number, headers: Record<string, string> = {}) {
  const response = await app.request(path, { headers });
  expect(response.status).toBe(200);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.split('\n\n').length <= count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  const field = (block: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const blocks = text.split('\n\n').slice(0, count);
  return blocks.map((block) => ({
    id: field(block, 'id'),
    event: field(block, 'event'),
    data: JSON.parse(field(block, 'data') ?? 'null'),
  }));
}

describe('the routes', () => {
  it('tell how the clinic is, and what is free', async () => {
    expect((await ask('GET', `${CLINIC}/status`)).body).toMatchObject({ clinicId: 'northcote', phase: 'live' });
    desk('1', 0);
    await firstValueFrom(sync.events$.pipe(filter(({ type }) => type === 'appointment.created')));
    const { status, body } = await ask('GET', `${CLINIC}/availability?practitioner=p1&limit=2`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ freshness: 'live', slots: [slot(1), slot(2)], next: expect.any(String) });
    const rest = await ask('GET', `${CLINIC}/availability?practitioner=p1&after=${encodeURIComponent(body.next)}`);
    expect(rest.body).toMatchObject({ slots: [slot(3)], next: null });
    expect((await ask('GET', slotPath(0))).body).toMatchObject({ slot: slot(0), state: 'taken', freshness: 'live' });
    expect((await ask('GET', slotPath(1))).body).toMatchObject({ state: 'available' });
  });

  it('name the field of a request that breaks a rule', async () => {
    const at = async (...args: Parameters<typeof ask>): Promise<unknown[]> => {
      const { status, body } = await ask(...args);
      return [status, body.error.code, body.error.field] as unknown[];
    };
    expect(await at('GET', `${CLINIC}/availability?limit=many`)).toEqual([400, 'InvalidArgument', 'filter.limit']);
    expect(await at('GET', `${CLINIC}/availability?date=31-12-2026`)).toEqual([
      400,
      'InvalidArgument',
      'filter.dates.from',
    ]);
    expect(await at('GET', `${CLINIC}/availability?practitioner=p9`)).toEqual([
      404,
      'UnknownPractitioner',
      'filter.practitionerIds',
    ]);
    expect(await at('GET', `${CLINIC}/slots/p1/noon/${slot(0).end}`)).toEqual([400, 'InvalidArgument', 'slot.start']);
    expect(await at('GET', `${CLINIC}/slots/p1/noon/${slot(0).end}/watch`)).toEqual([
      400,
      'InvalidArgument',
      'slot.start',
    ]);
    const bookings = `${CLINIC}/bookings`;
    expect(await at('POST', bookings, { slot: slot(0) })).toEqual([400, 'InvalidArgument', 'Idempotency-Key']);
    expect(await at('POST', bookings, '{', 'k')).toEqual([400, 'InvalidArgument', 'body']);
    expect(await at('POST', bookings, {}, 'k')).toEqual([400, 'InvalidArgument', 'slot']);
    expect(await at('POST', bookings, { slot: { ...slot(0), start: 7 } }, 'k')).toEqual([
      400,
      'InvalidArgument',
      'slot.start',
    ]);
    expect(await at('POST', bookings, { slot: slot(0), details: null }, 'k')).toEqual([
      400,
      'InvalidArgument',
      'details',
    ]);
    expect(await at('POST', bookings, 'x'.repeat(20_000), 'k')).toEqual([413, 'TooLarge', undefined]);
    expect(await at('GET', '/clinics/elsewhere/status')).toEqual([404, 'UnknownClinic', undefined]);
    expect(await at('GET', `${CLINIC}/patients`)).toEqual([404, 'NotFound', undefined]);
  });

  it('book once under one key, tell what became of it, and cancel', async () => {
    const wish = { slot: slot(0) };
    const booked = await ask('POST', `${CLINIC}/bookings`, wish, 'form 1');
    expect(booked.status).toBe(201);
    expect(booked.headers.get('Location')).toBe(`${CLINIC}/bookings/form%201`);
    expect((await ask('POST', `${CLINIC}/bookings`, wish, 'form 1')).body).toEqual(booked.body);
    expect((await ask('GET', `${CLINIC}/bookings/form%201`)).body).toEqual(booked.body);
    expect((await ask('POST', `${CLINIC}/bookings`, { slot: slot(1) }, 'form 1')).status).toBe(STATUS_OF.KeyReused);
    const taken = await ask('POST', `${CLINIC}/bookings`, wish, 'form 2');
    expect([taken.status, taken.body.error.code]).toEqual([409, 'SlotTaken']);
    for (let again = 0; again < 2; again++) {
      const cancelled = await ask('DELETE', `${CLINIC}/bookings/form%201`, undefined, 'cancel 1');
      expect([cancelled.status, cancelled.body.result]).toEqual([200, 'deleted']);
    }
    expect((await ask('GET', slotPath(0))).body.state).toBe('available');
    expect((await ask('GET', `${CLINIC}/bookings/form%209`)).status).toBe(404);
    expect((await ask('DELETE', `${CLINIC}/bookings/form%209`, undefined, 'c')).status).toBe(404);
  });

  it('keep a slot for one patient', async () => {
    const held = await ask('POST', `${CLINIC}/holds`, { slot: slot(0), ttlMs: 60_000 }, 'mia');
    expect(held.status).toBe(201);
    expect((await ask('POST', `${CLINIC}/bookings`, { slot: slot(0) }, 'noah')).body.error.code).toBe('SlotTaken');
    expect((await ask('DELETE', `${CLINIC}/holds/mia`)).status).toBe(204);
    expect((await ask('POST', `${CLINIC}/bookings`, { slot: slot(0) }, 'noah')).status).toBe(201);
  });

  it('refuse with 503 and a time to come back while bookings are held', async () => {
    (await sync.holdBookings())._unsafeUnwrap();
    const refused = await ask('POST', `${CLINIC}/bookings`, { slot: slot(0) }, 'k');
    expect([refused.status, refused.body.error.code, refused.body.error.retryable]).toEqual([
      503,
      'BookingsHeld',
      true,
    ]);
    expect(refused.headers.get('Retry-After')).toBe('2');
  });
});

describe('the streams', () => {
  it('resume from the log after the last event that was seen', async () => {
    const { body: snapshot } = await ask('GET', `${CLINIC}/snapshot`);
    expect(snapshot.rows).toMatchObject([{ id: 's' }]);
    const told = firstValueFrom(sync.events$.pipe(filter((e) => e.type === 'appointment.created' && e.row.id === '2')));
    desk('1', 0);
    desk('2', 1);
    await told;
    const both = await read(`${CLINIC}/events?after=${snapshot.cursor}`, 2);
    expect(both.map(({ event, data }) => [event, String(data.row.id)])).toEqual([
      ['appointment.created', '1'],
      ['appointment.created', '2'],
    ]);
    const rest = await read(`${CLINIC}/events?after=${snapshot.cursor}`, 1, { 'Last-Event-ID': both[0]!.id! });
    expect(rest.map(({ data }) => String(data.row.id))).toEqual(['2']);
  });

  it('go on with what happens next', async () => {
    const { body: snapshot } = await ask('GET', `${CLINIC}/snapshot`);
    const [, event] = await Promise.all([
      ask('POST', `${CLINIC}/bookings`, { slot: slot(2) }, 'form'),
      read(`${CLINIC}/events?after=${snapshot.cursor}`, 1),
    ]);
    expect(event).toMatchObject([{ event: 'appointment.created', data: { cause: 'platform', bookingId: 'form' } }]);
  });

  it('send whoever has lost the place to the snapshot', async () => {
    const lost = await ask('GET', `${CLINIC}/events?after=other.1`);
    expect([lost.status, lost.body.error.code]).toEqual([410, 'CursorLost']);
    expect((await ask('GET', `${CLINIC}/events?after=nonsense`)).status).toBe(400);
  });

  it('tell of a slot that vanishes under an open form', async () => {
    const watched = read(`${slotPath(0)}/watch`, 2);
    desk('1', 0);
    const answers = await watched;
    expect(answers.at(-1)).toMatchObject({ event: 'slot', data: { state: 'taken', freshness: 'live' } });
  });

  it('stop watching when their reader goes', async () => {
    const gone = new AbortController();
    const response = await app.request(`${slotPath(0)}/watch`, { signal: gone.signal });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    // Completing waits for nobody: a stream that is still being followed would keep its timer, and the process, alive.
    await sync.stop();
    expect((await reader.read()).done).toBe(true);
  });
});

describe('what stays inside', () => {
  it('is everything of the patient’s', async () => {
    await ask('POST', `${CLINIC}/bookings`, { slot: slot(0), details: { patient: 'Mrs Hunter2' } }, 'mrs-hunter2');
    await ask('GET', `${CLINIC}/bookings/mrs-hunter2`);
    expect(JSON.stringify(log)).not.toMatch(/hunter2/i);
    expect(log.map(({ method, route, clinicId }) => `${method} ${route} ${clinicId}`)).toEqual([
      'POST /clinics/:clinicId/bookings northcote',
      'GET /clinics/:clinicId/bookings/:key northcote',
    ]);
  });

  it('is what an unexpected error says', async () => {
    breakAvailability(sync);
    const { status, body } = await ask('GET', `${CLINIC}/availability`);
    expect([status, body.error.code]).toEqual([500, 'Internal']);
    expect(JSON.stringify([body, log])).not.toMatch(/Hunter2/);
  });
});

/** A fault that the library would never let out. */
function breakAvailability(target: ClinicSync): void {
  target.availability = () => {
    throw new Error('Mrs Hunter2');
  };
}

it('there is a status for every code', () => {
  expect(Object.keys(STATUS_OF).sort()).toEqual(Object.keys(ERRORS).sort());
});

it('npm run example -- backend does what it says, and ends', () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', 'examples/backend/main.ts'], {
    cwd: resolve(import.meta.dirname, '../..'),
    encoding: 'utf8',
    timeout: 20_000,
  });
  console.log(`npm run example -- backend\n${stdout}`);
  expect(status, stderr).toBe(0);
  expect(stdout.replaceAll(/^ +log: .*\n/gm, '')).toMatch(
    /the slot on the form is available\nthe slot on the form is taken\na booking of that slot: 409 SlotTaken\nthe next slot: 201 booked as row 3\nthe same sent again: 201 booked as row 3\n[^]*events so far: row 2 by clinic, row 3 by platform\ncancelled: 200 deleted\nafter reconnecting with Last-Event-ID: row 3 is gone\n/,
  );
  expect(stdout).not.toContain('P-17');
});
