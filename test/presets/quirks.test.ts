/** The own ways of each practice system, on tables as it has them, from its rows to what a patient is offered. */
import { afterEach, describe, expect, it } from 'vitest';

import { DAY } from '../../src/domain/instant.js';
import { wallToInstant } from '../../src/domain/zone.js';
import { ClinicSync, type ClinicEvent, type ClinicRow } from '../../src/index.js';
import { bestPractice, extendSchema, openEmr } from '../../src/presets/index.js';
import { eventually } from '../adapters/kit.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { literal, openPractice, type Practice } from './harness.js';
import { GNU_HEALTH, OPEN_DENTAL, OPEN_EMR, OSCAR, ZONE, type System } from './systems.js';

const servers = { mysql: await sharedMysql(), postgres: await sharedPostgres() };
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A day two weeks ahead. */
const DAY_AHEAD = new Date(Date.now() + 14 * DAY).toISOString().slice(0, 10);
const at = (clock: string, day = DAY_AHEAD) => wallToInstant(Date.parse(`${day}T${clock}:00Z`), ZONE) ?? 0;
/** What a clock in Sydney shows. */
const clockOf = (instant: number) =>
  new Intl.DateTimeFormat('en-AU', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    instant,
  );

type Rows = readonly (readonly [table: string, values: Readonly<Record<string, string | number | null>>])[];

async function practiceOf(system: System, rows: Rows) {
  const practice = await openPractice(system, servers[system.engine]?.url ?? '');
  opened.push(() => practice.drop());
  for (const [table, values] of rows) await fill(practice, table, values);
  const sync = new ClinicSync({
    clinicId: system.name,
    adapter: practice.adapter(system.schema),
    tuning: { sweepMs: 500, pulseMs: 20, quietPulseMs: 20 },
  });
  opened.push(() => sync.stop());
  const events: ClinicEvent[] = [];
  sync.events$.subscribe((event) => events.push(event));
  expect((await sync.start())._unsafeUnwrap().phase).toBe('live');
  const slots = async (practitionerId: string) => {
    const answer = await sync.availability({
      practitionerIds: [practitionerId],
      dates: { from: DAY_AHEAD, to: DAY_AHEAD },
    });
    return answer._unsafeUnwrap().slots;
  };
  const clocks = async (practitionerId: string) => (await slots(practitionerId)).map(({ start }) => clockOf(start));
  const rowsNow = async () => (await sync.snapshot())._unsafeUnwrap().rows;
  const busy = async () => (await rowsNow()).map(({ row }) => row).filter(({ kind }) => kind !== 'session');
  return { practice, sync, events, slots, clocks, rowsNow, busy };
}

function fill(practice: Practice, table: string, values: Readonly<Record<string, string | number | null>>) {
  const columns = Object.keys(values).map((name) => name);
  return practice.run(
    `insert into ${table} (${columns.join(', ')}) values (${Object.values(values).map(literal).join(', ')})`,
  );
}

const short = ({ id, practitionerIds, start, end }: ClinicRow) =>
  `${id} ${practitionerIds.join('+')} ${clockOf(start)}-${clockOf(end)}`;

/** Books the first slot of somebody, sees the row that the clinic has, cancels it, and sees the slot come back. */
async function bookAndCancel(
  of: Awaited<ReturnType<typeof practiceOf>>,
  practitionerId: string,
  details: Record<string, string>,
) {
  const { sync, slots, rowsNow } = of;
  const [slot] = await slots(practitionerId);
  const booked = (await sync.book({ slot: slot!, idempotencyKey: 'one', details }))._unsafeUnwrap();
  const row = (await rowsNow()).find((each) => each.fingerprint === booked.row.fingerprint)?.row;
  expect(row).toMatchObject({ start: slot?.start, end: slot?.end, practitionerIds: [practitionerId] });
  expect((await slots(practitionerId)).some(({ start }) => start === slot?.start)).toBe(false);
  return {
    id: booked.row.id,
    cancel: async () => {
      expect((await sync.delete({ ...booked.row, idempotencyKey: 'two' })).isOk()).toBe(true);
      expect((await slots(practitionerId))[0]).toEqual(slot);
    },
  };
}

describe.skipIf(!servers.mysql)('OpenEMR', () => {
  const event = (values: Record<string, string | number | null>): Rows[number] => [
    'openemr_postcalendar_events',
    { pc_aid: '4', pc_facility: 3, pc_eventDate: DAY_AHEAD, pc_catid: 5, pc_apptstatus: '-', ...values },
  ];
  const rows: Rows = [
    event({ pc_eid: 1, pc_catid: 2, pc_startTime: '09:00:00', pc_duration: 7200 }),
    event({ pc_eid: 2, pc_startTime: '09:00:00', pc_duration: 900 }),
    event({ pc_eid: 3, pc_startTime: '09:15:00', pc_duration: 900, pc_apptstatus: 'x' }),
    event({ pc_eid: 4, pc_startTime: '09:30:00', pc_duration: 900, pc_apptstatus: '%' }),
    event({ pc_eid: 5, pc_startTime: '09:45:00', pc_duration: 900, pc_apptstatus: '?' }),
    event({ pc_eid: 6, pc_startTime: '10:00:00', pc_duration: 900, pc_apptstatus: 'X' }),
    event({ pc_eid: 7, pc_catid: 8, pc_startTime: '10:15:00', pc_duration: 1800 }),
    // What dumps of old installations have.
    event({ pc_eid: 8, pc_startTime: '33:20:00', pc_duration: 900 }),
    event({ pc_eid: 9, pc_startTime: '09:00:00', pc_duration: 900, pc_eventDate: '0000-00-00' }),
    event({ pc_eid: 10, pc_startTime: '12:00:00', pc_duration: 900, pc_aid: '' }),
  ];

  it('cancelled rows, lunch, statuses to the letter, times above 24:00, zero dates', async () => {
    const of = await practiceOf(OPEN_EMR, rows);
    expect((await of.busy()).map(short).sort()).toEqual([
      '2 4 09:00-09:15',
      '6 4 10:00-10:15',
      'blockout:7 4 10:15-10:45',
    ]);
    expect(await of.clocks('4')).toEqual(['09:15', '09:30', '09:45', '10:45']);
    const told = of.events.flatMap((each) => (each.type === 'row.skipped' ? [`${each.key.id} ${each.field}`] : []));
    expect(told.sort()).toEqual(['10 practitioner', '8 start']);
    expect(of.events.filter(({ type }) => type === 'status.unknown')).toMatchObject([
      { table: 'appointments', value: 'X' },
    ]);
  });

  it('a booking says the slot in every column that the calendar shows, and a cancelled one stays as a cancelled one', async () => {
    const of = await practiceOf(OPEN_EMR, rows);
    const { id, cancel } = await bookAndCancel(of, '4', { patient: '77', type: 'Flu shot', reason: "o'brien’s" });
    const columns =
      'pc_catid, pc_aid, pc_pid, pc_title, pc_hometext, pc_facility, pc_duration, pc_apptstatus, pc_startTime, pc_endTime';
    const stored = await of.practice.run(
      `select ${columns}, pc_eventDate = pc_endDate as one_day from openemr_postcalendar_events where pc_eid = ${id}`,
    );
    expect(stored).toMatchObject([
      {
        pc_catid: 5,
        pc_aid: '4',
        pc_pid: '77',
        pc_title: 'Flu shot',
        pc_hometext: "o'brien’s",
        pc_facility: 3,
        pc_duration: 900,
        pc_apptstatus: '-',
        pc_startTime: '09:15:00',
        pc_endTime: '09:30:00',
        one_day: 1,
      },
    ]);
    await cancel();
    expect(
      await of.practice.run(`select pc_apptstatus as s from openemr_postcalendar_events where pc_eid = ${id}`),
    ).toMatchObject([{ s: 'x' }]);
  });

  it('tables of before 4.3.1 are MyISAM, and are read without a pulse', async () => {
    const practice = await openPractice(OPEN_EMR, servers.mysql?.url ?? '');
    opened.push(() => practice.drop());
    await practice.run('alter table openemr_postcalendar_events engine = MyISAM');
    for (const [table, values] of rows) await fill(practice, table, values);
    const sync = new ClinicSync({
      clinicId: 'old',
      adapter: practice.adapter(OPEN_EMR.schema),
      tuning: { sweepMs: 200 },
    });
    opened.push(() => sync.stop());
    expect((await sync.start())._unsafeUnwrap()).toMatchObject({ phase: 'live', capture: 'sweep' });
  });
});

describe.skipIf(!servers.mysql)('Open Dental', () => {
  const hours = (values: Record<string, string | number>): Rows[number] => [
    'schedule',
    {
      SchedDate: DAY_AHEAD,
      SchedType: 1,
      ProvNum: 1,
      ClinicNum: 0,
      StartTime: '08:00:00',
      StopTime: '10:00:00',
      ...values,
    },
  ];
  const appointment = (values: Record<string, string | number>): Rows[number] => [
    'appointment',
    { AptDateTime: `${DAY_AHEAD} 08:00:00`, ProvNum: 1, Pattern: '//XXX/', AptStatus: 1, ...values },
  ];

  it('a dentist and a hygienist share a row, and lengths are counted in characters', async () => {
    const of = await practiceOf(OPEN_DENTAL, [
      hours({ ScheduleNum: 1 }),
      hours({ ScheduleNum: 2, ProvNum: 2 }),
      appointment({ AptNum: 1, ProvHyg: 2 }),
      appointment({ AptNum: 2, AptDateTime: `${DAY_AHEAD} 09:00:00`, Pattern: '/X' }),
      ...[3, 5, 6, 7, 8].map((AptStatus) =>
        appointment({ AptNum: 10 + AptStatus, AptStatus, AptDateTime: `${DAY_AHEAD} 08:30:00` }),
      ),
    ]);
    expect((await of.busy()).map(short).sort()).toEqual(['1 1+2 08:00-08:30', '2 1 09:00-09:10']);
    expect(await of.clocks('1')).toEqual(['08:30', '09:30']);
    expect(await of.clocks('2')).toEqual(['08:30', '09:00', '09:30']);
  });

  it('blockouts take one provider’s time or everybody’s, a holiday the whole day', async () => {
    const of = await practiceOf(OPEN_DENTAL, [
      hours({ ScheduleNum: 1 }),
      hours({ ScheduleNum: 2, ProvNum: 2 }),
      hours({ ScheduleNum: 3, SchedType: 2, ProvNum: 2, StartTime: '08:00:00', StopTime: '08:30:00' }),
      hours({ ScheduleNum: 4, SchedType: 2, ProvNum: 0, StartTime: '09:30:00', StopTime: '10:00:00' }),
    ]);
    expect(await of.clocks('1')).toEqual(['08:00', '08:30', '09:00']);
    expect(await of.clocks('2')).toEqual(['08:30', '09:00']);
    await fill(of.practice, 'schedule', { ScheduleNum: 5, SchedDate: DAY_AHEAD, SchedType: 0, Status: 2, ProvNum: 0 });
    await eventually(async () => (await of.clocks('1')).length === 0);
  });

  it('a booking has a pattern and a chair, and goes onto the unscheduled list when it is cancelled', async () => {
    const of = await practiceOf(OPEN_DENTAL, [hours({ ScheduleNum: 1 })]);
    const { id, cancel } = await bookAndCancel(of, '1', { patient: '5', reason: 'Toothache' });
    const columns = 'PatNum, Pattern, Op, AptStatus, Note, ProvNum, ProvHyg';
    const stored = () => of.practice.run(`select ${columns} from appointment where AptNum = ${id}`);
    const row = { PatNum: 5, Pattern: 'XXXXXX', Op: 1, Note: 'Toothache', ProvNum: 1, ProvHyg: 0 };
    expect(await stored()).toMatchObject([{ ...row, AptStatus: 1 }]);
    await cancel();
    expect(await stored()).toMatchObject([{ ...row, AptStatus: 3 }]);
  });
});

describe.skipIf(!servers.mysql)('OSCAR', () => {
  /** Quarters of an hour: nine to ten with code 1, ten to half past with code 2. */
  const code = `${'_'.repeat(36)}111122${'_'.repeat(54)}`;
  const template: Rows[number] = ['scheduletemplate', { provider_no: 'Public', name: 'P:day', timecode: code }];
  const day: Rows[number] = [
    'scheduledate',
    { id: 1, sdate: DAY_AHEAD, provider_no: '999998', hour: 'P:day', status: 'A' },
  ];
  const appointment = (no: number, start: string, end: string, status: string): Rows[number] => [
    'appointment',
    {
      appointment_no: no,
      provider_no: '999998',
      appointment_date: DAY_AHEAD,
      start_time: start,
      end_time: end,
      status,
    },
  ];

  it('the last minute counts, statuses are told apart by case, and the roster is a text', async () => {
    const of = await practiceOf(OSCAR, [
      template,
      day,
      appointment(1, '09:00:00', '09:14:00', 't'),
      appointment(2, '09:15:00', '09:29:00', 'CS'),
      appointment(3, '09:30:00', '09:44:00', 'N'),
      appointment(4, '10:00:00', '10:29:00', 'c'),
    ]);
    expect((await of.busy()).map(short).sort()).toEqual(['1 999998 09:00-09:15', '4 999998 10:00-10:30']);
    expect(await of.clocks('999998')).toEqual(['09:15', '09:30', '09:45']);
    expect(of.events.filter(({ type }) => type === 'status.unknown')).toMatchObject([{ value: 'c' }]);
    // A template of the provider's own goes before the public one of that name.
    await fill(of.practice, 'scheduletemplate', {
      provider_no: '999998',
      name: 'P:day',
      timecode: `${'_'.repeat(20)}111_`,
    });
    await eventually(async () => (await of.clocks('999998')).includes('20:00'));
    expect(await of.clocks('999998')).toEqual(['20:00', '21:00', '22:00']);
    // A day that is taken out of the schedule.
    await of.practice.run(`update scheduledate set status = 'D'`);
    await eventually(async () => (await of.clocks('999998')).length === 0);
  });

  it('a booking is to do, with its last minute, and a cancelled one is C', async () => {
    const of = await practiceOf(OSCAR, [template, day]);
    const { id, cancel } = await bookAndCancel(of, '999998', { patient: '12', reason: 'cough', type: 'phone' });
    const columns =
      'start_time, end_time, status, demographic_no, reason, type, creator, length(remarks) as token, createdatetime is not null as made';
    const stored = () => of.practice.run(`select ${columns} from appointment where appointment_no = ${id}`);
    const row = {
      start_time: '09:00:00',
      end_time: '09:14:00',
      demographic_no: 12,
      reason: 'cough',
      type: 'phone',
      creator: 'online',
      token: 22,
      made: 1,
    };
    expect(await stored()).toMatchObject([{ ...row, status: 't' }]);
    await cancel();
    expect(await stored()).toMatchObject([{ ...row, status: 'C' }]);
  });
});

describe.skipIf(!servers.postgres)('GNU Health', () => {
  const utc = (clock: string) => new Date(at(clock)).toISOString().slice(0, 19);
  const row = (id: number, from: string, to: string | null, state: string): Rows[number] => [
    'gnuhealth_appointment',
    {
      id,
      healthprof: 3,
      institution: 1,
      appointment_date: utc(from),
      appointment_date_end: to === null ? null : utc(to),
      state,
    },
  ];

  it('free rows are slots as long as they are, times are UTC, and a row without an end lasts its default', async () => {
    const of = await practiceOf(GNU_HEALTH, [
      row(1, '09:00', '09:20', 'free'),
      row(2, '09:20', '10:00', 'free'),
      row(3, '10:00', null, 'free'),
      row(4, '09:20', '10:00', 'user_cancelled'),
      row(5, '10:00', null, 'confirmed'),
      row(6, '11:00', '11:10', 'no_show'),
    ]);
    const slots = await of.slots('3');
    expect(slots.map(({ start, end }) => `${clockOf(start)}-${clockOf(end)}`)).toEqual(['09:00-09:20', '09:20-10:00']);
    expect((await of.busy()).map(short)).toEqual(['5 3 10:00-10:30']);
    const { id, cancel } = await bookAndCancel(of, '3', { patient: '8', reason: 'x' });
    const stored = () =>
      of.practice.run(`select state, patient, institution from gnuhealth_appointment where id = ${id}`);
    expect(await stored()).toEqual([{ state: 'confirmed', patient: 8, institution: 1 }]);
    await cancel();
    expect(await stored()).toEqual([{ state: 'user_cancelled', patient: 8, institution: 1 }]);
  });
});

describe('every preset', () => {
  it('can be overridden piece by piece, and an override that cannot be meant says so', () => {
    const own = extendSchema(openEmr({ zone: ZONE }), {
      appointments: {
        status: { classes: { AVM: 'tentative' } },
        booking: { token: 'online_id', values: { pc_catid: 9 } },
      },
      blockouts: undefined,
    });
    expect(own.appointments.status?.classes).toMatchObject({ AVM: 'tentative', x: 'cancelled' });
    expect(own.appointments.booking).toMatchObject({ token: 'online_id', values: { pc_catid: 9, pc_apptstatus: '-' } });
    expect(own.blockouts).toBeUndefined();
    expect(() => extendSchema(openEmr({ zone: ZONE }), { zone: 'Nowhere' })).toThrow('schema.zone');
  });

  it('Best Practice is a schema that is read only', () => {
    expect(bestPractice({ zone: ZONE }).appointments.booking).toBeUndefined();
  });
});
