/** What happens to a running sync when somebody edits the roster, a status, or a mapping is wrong for all rows. */
import { afterEach, describe, expect, it } from 'vitest';

import { installPostgresPush, postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { DAY, HOUR } from '../../src/domain/instant.js';
import { ClinicSync, type AvailabilityUpdate, type ClinicEvent } from '../../src/index.js';
import { connect, eventually, nextEvent, ok } from '../adapters/kit.js';
import { freshDatabase, sharedPostgres } from '../servers/postgres.js';
import { GROUNDS, type Ground } from './ground.js';

const ZONE = 'Australia/Sydney';
const tuning = { sweepMs: 300, pulseMs: 20, quietPulseMs: 20 };
const WEEKLY = `id int primary key, doc varchar(5), dow int, secs int, len int`;
const opened: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop();
});

const weekly = {
  weekly: 'weekly',
  id: 'id',
  practitioner: 'doc',
  weekday: 'dow',
  weekdays: 'sunday-0',
  start: { seconds: 'secs' },
  end: { length: 'len', in: 'minutes' },
  slotMinutes: 30,
} as const;
const appointments = (ground: Ground) => {
  const columns = `id ${ground.types.serial}, doc varchar(5), s ${ground.types.datetime}, e ${ground.types.datetime}, state varchar(4)`;
  return ground.table('appt', columns);
};
const APPOINTMENTS = {
  table: 'appt',
  id: 'id',
  practitioner: 'doc',
  start: 's',
  end: 'e',
  time: 'wall',
  status: { column: 'state', classes: { A: 'busy', B: 'completed', C: 'cancelled' } },
} as const;

async function running(ground: Ground, schema: ClinicSchema) {
  const sync = new ClinicSync({ clinicId: 'c', adapter: ground.adapter(schema), tuning });
  opened.push(sync);
  const events: ClinicEvent[] = [];
  sync.events$.subscribe((event) => events.push(event));
  const started = await sync.start();
  expect(started._unsafeUnwrap().phase).toBe('live');
  return { sync, events };
}

/** A day three weeks ahead, at nine, by the clock in Sydney. */
const later = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

describe.each(GROUNDS)('%s', (_engine, isThere, open) => {
  const test = it.skipIf(!isThere);
  const fresh = async () => {
    const ground = await open();
    opened.push({ stop: () => ground.dispose() });
    await appointments(ground);
    return ground;
  };

  test('an edited rule changes availability at once, and says which slots came and went', async () => {
    const ground = await fresh();
    await ground.table('weekly', WEEKLY);
    const everyDay = [0, 1, 2, 3, 4, 5, 6].map((dow) => ({ id: dow + 1, doc: '1', dow, secs: 9 * 3600, len: 60 }));
    await ground.insert('weekly', everyDay);
    const { sync, events } = await running(ground, { zone: ZONE, appointments: APPOINTMENTS, sessions: weekly });
    const updates: AvailabilityUpdate[] = [];
    const day = later(20);
    sync.watchAvailability({ dates: { from: day, to: day } }).subscribe((update) => updates.push(update));
    await eventually(() => updates.length === 1);
    expect(updates[0]?.slots).toHaveLength(2);
    expect(updates[0]?.came).toEqual(updates[0]?.slots);
    const before = events.length;
    await ground.run('update weekly set secs = 34200');
    await eventually(() => updates.length > 1);
    const [first, second] = updates;
    expect(second?.slots.map(({ start }) => start)).toEqual(first?.slots.map(({ start }) => start + HOUR / 2));
    expect(second?.came).toHaveLength(1);
    expect(second?.went).toHaveLength(1);
    // Each day's session is told as replaced, none as vanished.
    const told = events.slice(before).filter(({ type }) => type === 'session.deleted');
    expect(told.length).toBeGreaterThan(150);
    expect(told.every((event) => event.type === 'session.deleted' && event.replacedBy !== undefined)).toBe(true);
    // One practitioner's whole roster may go: it is an edit like others, where there is another's beside it.
    await ground.insert(
      'weekly',
      everyDay.map((rule) => ({ ...rule, id: rule.id + 10, doc: '2' })),
    );
    await eventually(() => updates.at(-1)?.slots.length === 4);
    await ground.run(`delete from weekly where doc = '1'`);
    await eventually(() => updates.at(-1)?.slots.length === 2);
    expect(sync.status.phase).toBe('live');
  });

  test('sessions of the host’s own, whose changes the next sweep finds', async () => {
    const ground = await fresh();
    const start = Math.ceil(Date.now() / DAY) * DAY + 5 * DAY;
    const told = [{ id: 'a', practitionerIds: ['1'], start, end: start + HOUR, slotMinutes: 20, capacity: 2 }];
    const { sync } = await running(ground, {
      zone: ZONE,
      appointments: APPOINTMENTS,
      sessions: { rules: weekly2(), own: { sessions: () => told } },
    });
    const slots = async () => (await sync.availability())._unsafeUnwrap().slots.map(({ start: each }) => each - start);
    expect(await slots()).toEqual([0, HOUR / 3, (2 * HOUR) / 3]);
    told.push({
      id: 'b',
      practitionerIds: ['1'],
      start: start + DAY,
      end: start + DAY + HOUR,
      slotMinutes: 60,
      capacity: 1,
    });
    await eventually(async () => (await slots()).length === 4);
    const snapshot = (await sync.snapshot())._unsafeUnwrap();
    expect(snapshot.rows.map(({ row }) => [row.id, row.capacity]).sort()).toEqual([
      ['own:a', 2],
      ['own:b', undefined],
    ]);
  });

  // A source without rows, so that there are two of them.
  const weekly2 = () =>
    ({
      table: 'appt',
      id: 'id',
      practitioner: 'doc',
      start: 's',
      end: 'e',
      time: 'wall',
      only: { state: ['never'] },
    }) as const;

  test('turning a row to cancelled is a deletion, a status that nobody named is told once', async () => {
    const ground = await fresh();
    const at = (hour: number) => `${later(9)} ${String(hour).padStart(2, '0')}:00:00`;
    await ground.insert('appt', [
      { doc: '1', s: at(9), e: at(10), state: 'A' },
      { doc: '1', s: at(10), e: at(11), state: 'Q' },
      { doc: '1', s: at(11), e: at(12), state: 'Q' },
    ]);
    const { sync, events } = await running(ground, { zone: ZONE, appointments: APPOINTMENTS });
    await ground.run(`update appt set state = 'C' where id = 1`);
    await eventually(() => events.some(({ type }) => type === 'appointment.deleted'));
    await ground.run(`update appt set state = 'B' where id = 1`);
    await eventually(() => events.some(({ type }) => type === 'appointment.created'));
    // From one class that takes time to another: nothing that a diary would show.
    const before = events.length;
    await ground.run(`update appt set state = 'A' where id = 1`);
    expect((await sync.resync()).isOk()).toBe(true);
    expect(events.slice(before).filter(({ type }) => type.startsWith('appointment.'))).toEqual([]);
    const told = events.filter(({ type }) => type === 'status.unknown');
    expect(told).toMatchObject([{ table: 'appointments', value: 'Q' }]);
    expect((await sync.snapshot())._unsafeUnwrap().rows).toHaveLength(3);
  });

  test('a mapping that makes nothing readable fails at start, with the field and what is wrong', async () => {
    const ground = await fresh();
    await ground.table('wrong', `id int primary key, doc varchar(5), d ${ground.types.date}, t int`);
    await ground.insert(
      'wrong',
      Array.from({ length: 20 }, (_, i) => ({ id: i, doc: '1', d: later(9), t: 34_200 + i })),
    );
    const adapter = ground.adapter({
      zone: ZONE,
      // They are seconds.
      appointments: {
        table: 'wrong',
        id: 'id',
        practitioner: 'doc',
        start: { date: 'd', minutes: 't' },
        end: { length: 15 },
      },
    });
    const sync = new ClinicSync({ clinicId: 'c', adapter });
    const error = (await sync.start())._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'SchemaMismatch', field: 'schema.appointments.start' });
    expect(error.message).toMatch(/Not one of 20 rows.*start: not a time/);
    expect(error.message).not.toContain('34200');
  });

  test('rows that cannot be read are skipped, counted and told once, and the rest go on', async () => {
    const ground = await fresh();
    await ground.run('drop table appt');
    await ground.table('appt', `id int primary key, doc varchar(5), d ${ground.types.date}, t varchar(8)`);
    const times = ['09:00', '25:00', '9', null, '10:00', '24:00', '', '11:59:60', '11:00', '12:00'];
    await ground.insert(
      'appt',
      times.map((t, id) => ({ id, doc: id === 8 ? null : '1', d: later(9), t })),
    );
    const { events, sync } = await running(ground, {
      zone: ZONE,
      appointments: {
        table: 'appt',
        id: 'id',
        practitioner: 'doc',
        start: { date: 'd', time: 't' },
        end: { length: 15 },
      },
    });
    const skipped = events.flatMap((event) =>
      event.type === 'row.skipped' ? [`${event.key.id} ${event.field} ${event.rule}`] : [],
    );
    expect(skipped.sort()).toEqual([
      '1 start not a time',
      '2 start not a time',
      '3 start is NULL',
      '5 start not a time',
      '6 start not a time',
      '7 start not a time',
      '8 practitioner names nobody',
    ]);
    expect((await sync.resync())._unsafeUnwrap()).toMatchObject({ skipped: 7, rows: 3 });
    expect(events.filter(({ type }) => type === 'row.skipped')).toHaveLength(7);
    expect(
      (await sync.snapshot())
        ._unsafeUnwrap()
        .rows.map(({ row }) => row.id)
        .sort(),
    ).toEqual(['0', '4', '9']);
  });
});

const server = await sharedPostgres();
describe.skipIf(!server)('push of rules on Postgres', () => {
  it('says that the sessions have to be looked at', async () => {
    const { admin, adminUrl, readerUrl, reader, drop } = await freshDatabase(server?.url ?? '');
    await admin.query(`create table appt (id serial primary key, doc text, s timestamp, e timestamp, state text);
      create table weekly (${WEEKLY}); grant select on appt, weekly to ${reader}`);
    const schema = { zone: ZONE, appointments: APPOINTMENTS, sessions: weekly };
    await ok(installPostgresPush({ connection: adminUrl, schema }));
    const link = await connect(postgresAdapter({ connection: readerUrl, schema, push: 'trigger' }));
    expect(link.push).toBe(true);
    const hint = nextEvent(link.events, 'hint');
    await admin.query(`insert into weekly values (1, '1', 3, 0, 60)`);
    expect(await hint).toEqual({ all: false, ranges: [{ stream: 'session', from: null, to: null }], keys: [] });
    await link.close();
    await drop();
  });
});
