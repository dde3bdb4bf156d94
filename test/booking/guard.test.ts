/** The guard matrix of docs/GUARDS.md, each cell with a front desk that looks at nothing. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import type { ClinicWriter } from '../../src/adapters/writer.js';
import type { ClinicSync } from '../../src/index.js';
import { isMariadb, sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { outcome, startHost } from './host.js';
import { inSlot, slotOf, type PracticeClinic } from './practice.js';
import { mysqlPractice } from './practice-mysql.js';
import { postgresPractice } from './practice-postgres.js';
import { sqlitePractice } from './practice-sqlite.js';

const server = await sharedPostgres();
const mysql = await sharedMysql();
/** MySQL limits no statement that writes. */
const limitsWrites = mysql !== undefined && (await isMariadb(mysql));
const opened: { dispose(): Promise<void> }[] = [];
let running: ClinicSync | undefined;
afterEach(() => running?.stop());
afterAll(() => Promise.all(opened.map((clinic) => clinic.dispose())));

const engines: [name: string, isThere: boolean, open: () => Promise<PracticeClinic>][] = [
  ['sqlite, write-ahead log', true, () => sqlitePractice('wal')],
  ['sqlite, rollback journal', true, () => sqlitePractice('delete')],
  ['postgres', server !== undefined, () => postgresPractice(server?.url ?? '')],
  ['mysql, InnoDB', mysql !== undefined, () => mysqlPractice(mysql?.url ?? '')],
  [
    'mysql, InnoDB without a fitting index',
    mysql !== undefined,
    () => mysqlPractice(mysql?.url ?? '', 'InnoDB', false),
  ],
  ['mysql, MyISAM', mysql !== undefined, () => mysqlPractice(mysql?.url ?? '', 'MyISAM')],
];

async function host(clinic: PracticeClinic, adapter: ClinicAdapter = clinic.adapter()) {
  const started = await startHost({ adapter });
  running = started.sync;
  return started;
}

/** The same adapter, with something of the clinic's between a booking's commit and our hearing of it. */
function between(adapter: ClinicAdapter, meanwhile: () => Promise<unknown>): ClinicAdapter {
  const delayed = (writer: ClinicWriter): ClinicWriter => ({
    ...writer,
    book: (order) => writer.book(order).map(async (answer) => (await meanwhile(), answer)),
  });
  return {
    ...adapter,
    connect: (options) =>
      adapter.connect(options).map((link) => (link.writer ? { ...link, writer: delayed(link.writer) } : link)),
  };
}

describe.each(engines)('%s', (name, isThere, open) => {
  const transactions = !name.includes('MyISAM');
  const locks = name !== 'postgres' && !name.includes('without');
  const test = it.skipIf(!isThere);
  let shared: Promise<PracticeClinic> | undefined;
  const practice = async () => {
    const clinic = await (shared ??= open());
    if (!opened.includes(clinic)) opened.push(clinic);
    return clinic;
  };

  test('a row that was committed before the statement blocks it, also where the copy does not have it yet', async () => {
    const clinic = await practice();
    const { sync } = await host(clinic);
    const slot = slotOf(1);
    await clinic.insert(slot);
    expect(await outcome(sync.book({ slot, idempotencyKey: 'a' }))).toBe('SlotTaken');
    expect(inSlot(await clinic.rows(), slot).map(({ token }) => token)).toEqual([null]);
  });

  test('a row that is not committed yet is kept out, or told as a conflict when it comes', async () => {
    const clinic = await practice();
    const { sync, ofType, untilTold } = await host(clinic);
    const slot = slotOf(2);
    const blind = await clinic.begin(slot);
    const answer = await outcome(sync.book({ slot, idempotencyKey: 'a' }));
    await blind.commit();
    const rows = inSlot(await clinic.rows(), slot);
    if (locks) {
      // Ours gave up waiting for hers, or (MyISAM) hers was there at once.
      expect(answer).toBe(transactions ? 'NotMade' : 'SlotTaken');
      expect(rows).toHaveLength(1);
    } else {
      expect(answer).toMatchObject({ idempotencyKey: 'a' });
      expect(rows).toHaveLength(2);
      await untilTold('conflict.detected');
      expect(ofType('conflict.detected')).toMatchObject([{ bookingId: 'a' }]);
    }
  });

  test('a row that comes between the commit and the look wins', async () => {
    const clinic = await practice();
    const slot = slotOf(3);
    const { sync } = await host(
      clinic,
      between(clinic.adapter(), () => clinic.insert(slot)),
    );
    expect(await outcome(sync.book({ slot, idempotencyKey: 'a' }))).toBe('SlotTaken');
    expect(inSlot(await clinic.rows(), slot).map(({ token }) => token)).toEqual([null]);
    expect(await outcome(sync.outcome('a'))).toBe('SlotTaken');
  });

  test('a row that comes later is told as a conflict, and both stay', async () => {
    const clinic = await practice();
    const { sync, ofType, untilTold } = await host(clinic);
    const slot = slotOf(4);
    await outcome(sync.book({ slot, idempotencyKey: 'a' }));
    const id = await clinic.insert(slot);
    await untilTold('conflict.detected');
    expect(ofType('conflict.detected')).toMatchObject([{ bookingId: 'a', others: [{ id }] }]);
    expect(inSlot(await clinic.rows(), slot)).toHaveLength(2);
  });

  test('of 200 callers one has the slot', async () => {
    const clinic = await practice();
    const { sync } = await host(clinic);
    const slot = slotOf(5);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_none, i) => outcome(sync.book({ slot, idempotencyKey: `k${String(i)}` }))),
    );
    expect(answers.filter((answer) => answer === 'SlotTaken')).toHaveLength(199);
    expect(inSlot(await clinic.rows(), slot)).toHaveLength(1);
  });

  test('deleting takes the version that was seen, and leaves an edited row alone', async () => {
    const clinic = await practice();
    const { sync, ofType, untilTold } = await host(clinic);
    const slot = slotOf(6);
    const id = await clinic.insert(slot);
    await untilTold('appointment.created');
    const fingerprint = ofType('appointment.created').find(({ row }) => row.id === id)?.fingerprint ?? '';
    await clinic.run(`update appointments set ends = ends + 60000 where id = ${id}`);
    expect(await outcome(sync.delete({ id, fingerprint, idempotencyKey: 'd' }))).toBe('AppointmentChanged');
    expect(inSlot(await clinic.rows(), slot)).toHaveLength(1);
  });

  test('hostile texts are kept as they are, or refused before anything is sent', async () => {
    const clinic = await practice();
    const { sync } = await host(clinic);
    const ask = (i: number, patient: string) =>
      outcome(sync.book({ slot: slotOf(10 + i), idempotencyKey: `h${String(i)}`, details: { patient } }));
    const texts = ["'; drop table appointments; --", "\\'; --", '\u001f', '$1', '☃', "o''brien\n"];
    for (const [i, text] of texts.entries())
      expect(await ask(i, text)).toMatchObject({ idempotencyKey: `h${String(i)}` });
    const kept = (await clinic.run('select patient from appointments where patient is not null order by starts')) as {
      patient: string;
    }[];
    expect(kept.map(({ patient }) => patient)).toEqual(texts);
    const before = (await clinic.rows()).length;
    expect(await ask(20, 'a\0b')).toBe('InvalidArgument');
    expect(await ask(21, '\ud800')).toBe('InvalidArgument');
    // SQLite holds a column to no length.
    if (clinic.engine !== 'sqlite') expect(await ask(22, 'x'.repeat(41))).toBe('InvalidArgument');
    expect(await clinic.rows()).toHaveLength(before);
  });
});

describe('how long a receptionist waits', () => {
  it.skipIf(!server)('postgres: an insert does not wait for ours at all', async () => {
    const clinic = await postgresPractice(server?.url ?? '');
    opened.push(clinic);
    // Ours stands still inside the server, in the middle of its statement.
    await clinic.run(`create function slow() returns trigger language plpgsql as $$
      begin if new.token is not null then perform pg_sleep(1); end if; return new; end $$;
      create trigger slow before insert on appointments for each row execute function slow()`);
    const { sync } = await host(clinic);
    const slot = slotOf(1);
    const ours = outcome(sync.book({ slot, idempotencyKey: 'a' }));
    await expect
      .poll(() =>
        clinic.run(`select from pg_stat_activity where wait_event = 'PgSleep'`).then((rows) => (rows as []).length),
      )
      .toBe(1);
    await clinic.run(`set lock_timeout = '50ms'`);
    await clinic.insert(slot);
    expect(await ours).toBe('SlotTaken');
    expect(inSlot(await clinic.rows(), slot)).toHaveLength(1);
  });

  it.skipIf(!server)(
    'postgres: whoever wants a row that we are deleting waits until our statement’s limit',
    async () => {
      const clinic = await postgresPractice(server?.url ?? '');
      opened.push(clinic);
      const id = await clinic.insert(slotOf(1));
      await clinic.run(`create function slow() returns trigger language plpgsql as $$
      begin perform pg_sleep(60); return null; end $$;
      create trigger slow after delete on appointments for each row execute function slow()`);
      const { sync } = await host(clinic);
      const snapshot = (await sync.snapshot())._unsafeUnwrap();
      const fingerprint =
        snapshot.rows.find(({ row }) => row.id === id && row.kind === 'appointment')?.fingerprint ?? '';
      const ours = outcome(sync.delete({ id, fingerprint, idempotencyKey: 'd' }));
      await expect
        .poll(() =>
          clinic.run(`select from pg_stat_activity where wait_event = 'PgSleep'`).then((rows) => (rows as []).length),
        )
        .toBe(1);
      // The limit of a statement of ours is 3 s.
      await clinic.run(`set lock_timeout = '4s'`);
      await clinic.run(`update appointments set patient = 'moved' where id = ${id}`);
      expect(['InDoubt', 'NotMade']).toContain(await ours);
      expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
    },
  );

  it.skipIf(!server)(
    'postgres: where the receptionist holds the row, ours gives up after 2 s and leaves it alone',
    async () => {
      const clinic = await postgresPractice(server?.url ?? '');
      opened.push(clinic);
      const id = await clinic.insert(slotOf(1));
      const { sync } = await host(clinic);
      const snapshot = (await sync.snapshot())._unsafeUnwrap();
      const fingerprint =
        snapshot.rows.find(({ row }) => row.id === id && row.kind === 'appointment')?.fingerprint ?? '';
      await clinic.run(`begin; update appointments set patient = 'here' where id = ${id}`);
      expect(await outcome(sync.delete({ id, fingerprint, idempotencyKey: 'd' }))).toBe('NotMade');
      await clinic.run('commit');
      expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
    },
  );

  /** Ours stands still inside the server, in the middle of its statement. */
  const slowly = async (isFit: boolean, seconds: number) => {
    const clinic = await mysqlPractice(mysql?.url ?? '', 'InnoDB', isFit);
    opened.push(clinic);
    // A lock on a gap reaches to the next row: a diary has some.
    for (let doctor = 1; doctor <= 3; doctor++)
      for (let nth = 3; nth < 60; nth++) await clinic.insert({ ...slotOf(nth), practitionerId: String(doctor) });
    await clinic.run(`create trigger slow before insert on appointments for each row
      if new.token is not null then do sleep(${seconds}); end if`);
    const { sync } = await host(clinic);
    const ours = outcome(sync.book({ slot: slotOf(1), idempotencyKey: 'a' }));
    const sleeping =
      "select id as id from information_schema.processlist where db = database() and state = 'User sleep'";
    await expect.poll(() => clinic.run(sleeping).then((rows) => (rows as []).length)).toBe(1);
    return { clinic, ours };
  };
  const otherDoctor = { ...slotOf(1), practitionerId: '2' };

  it.skipIf(!mysql)('mysql: an insert for the same practitioner waits for ours, another’s does not', async () => {
    const { clinic, ours } = await slowly(true, 2);
    await clinic.run('set session innodb_lock_wait_timeout = 1');
    await clinic.insert(otherDoctor);
    await expect(clinic.insert(slotOf(1))).rejects.toMatchObject({ errno: 1205 });
    expect(await ours).toMatchObject({ idempotencyKey: 'a' });
    expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
  });

  it.skipIf(!mysql)('mysql, without a fitting index: an insert does not wait for ours at all', async () => {
    const { clinic, ours } = await slowly(false, 2);
    await clinic.run('set session innodb_lock_wait_timeout = 1');
    await clinic.insert(otherDoctor);
    await clinic.insert(slotOf(1));
    expect(await ours).toBe('SlotTaken');
    expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
  });

  it.skipIf(!limitsWrites)('mysql: a statement of ours that does not end is ended after 3 s', async () => {
    const { clinic, ours } = await slowly(true, 60);
    await clinic.run('set session innodb_lock_wait_timeout = 4');
    await clinic.insert(slotOf(1));
    expect(['InDoubt', 'NotMade']).toContain(await ours);
    expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
  });

  it('sqlite: while a receptionist writes for long, ours gives up, and hers goes through', async () => {
    const clinic = await sqlitePractice('wal');
    opened.push(clinic);
    const { sync } = await host(clinic);
    const blind = await clinic.begin(slotOf(1));
    expect(await outcome(sync.book({ slot: slotOf(2), idempotencyKey: 'a' }))).toBe('NotMade');
    await blind.commit();
    expect(await outcome(sync.book({ slot: slotOf(2), idempotencyKey: 'b' }))).toMatchObject({ idempotencyKey: 'b' });
  });
});
