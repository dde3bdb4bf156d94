/** Booking and deleting in every form of times, and in every way in which a clinic wants it done. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BookOrder, ClinicWriter, PlacedSlot } from '../../src/adapters/writer.js';
import type { ClinicLink } from '../../src/adapters/adapter.js';
import type { ClinicSchema, TableMapping } from '../../src/adapters/sql/index.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/instant.js';
import { instantToWall } from '../../src/domain/zone.js';
import { at, connect, never, ok } from '../adapters/kit.js';
import { FORMS } from './forms.js';
import { GROUNDS, type Ground, type Row } from './ground.js';

const ZONE = 'Australia/Sydney';
const TEN = at('2027-03-02T23:00Z');
const LONG_AGO = { range: { stream: 'busy', from: null, to: null }, cutoff: TEN - 30 * DAY, signal: never } as const;

let orders = 0;
const order = (slot: Partial<PlacedSlot>, parts: Partial<BookOrder> = {}): BookOrder => ({
  slot: { practitionerId: '7', locationId: null, start: TEN, end: TEN + 45 * MINUTE, ...slot },
  details: {},
  token: `token-${String(++orders)}`,
  deadline: Date.now() + 60_000,
  signal: never,
  ...parts,
});

function writerOf(link: ClinicLink): ClinicWriter {
  if (!link.writer) throw new Error('It may not write.');
  return link.writer;
}

async function outcome(link: ClinicLink, wanted: BookOrder): Promise<string> {
  const checked = writerOf(link).check(wanted.slot, wanted.details);
  return checked.isErr() ? checked.error.code : (await ok(writerOf(link).book(wanted))).outcome;
}

const all = async (link: ClinicLink) => (await ok(link.readRange(LONG_AGO))).records;

describe.each(GROUNDS)('%s', (_engine, isThere, open) => {
  let ground: Ground;
  let tables = 0;
  beforeAll(async () => {
    if (isThere) ground = await open();
  });
  afterAll(() => ground?.dispose());
  const test = it.skipIf(!isThere);
  const fresh = async (columns: string) => {
    const name = `written_${String(++tables)}`;
    await ground.table(name, columns);
    return name;
  };
  const linked = (appointments: ClinicSchema['appointments'], rest: Partial<ClinicSchema> = {}) =>
    connect(ground.adapter({ zone: ZONE, appointments, ...rest }, 'write'));

  test.each(FORMS.filter(({ name }) => !name.startsWith('whole days')).map((form) => [form.name, form] as const))(
    '%s',
    async (_name, form) => {
      const { start, end, time } = form;
      const table = await fresh(`id ${ground.types.serial}, p int, token varchar(22), ${form.columns(ground.types)}`);
      const mapping: TableMapping = { table, id: 'id', practitioner: 'p', start, end, ...(time && { time }) };
      const link = await linked({ ...mapping, practitioner: 'p', booking: { token: 'token' } });
      const booked = await ok(writerOf(link).book(order({})));
      if (booked.outcome !== 'booked') throw new Error(booked.outcome);
      const { record } = booked;
      expect(record.row).toMatchObject({ practitionerIds: ['7'], start: TEN, end: TEN + 45 * MINUTE });
      expect(await all(link)).toEqual([record]);
      // What the clinic's own software would have stored.
      const wall = (instant: number) => (time === 'utc' ? instant : instantToWall(instant, ZONE));
      const own = await ground.run(`select * from ${table}`);
      const expected = form.store({ start: wall(TEN), end: wall(TEN + 45 * MINUTE) });
      for (const [column, value] of Object.entries(expected)) {
        if (column === 'pattern') expect(own[0]?.[column]).toBe('X'.repeat(9));
        else if (['n', 't', 'u'].includes(column) && typeof value === 'number') expect(own[0]?.[column]).toBe(value);
      }
      expect(await outcome(link, order({ start: TEN + 30 * MINUTE, end: TEN + 75 * MINUTE }))).toBe('taken');
      expect(await outcome(link, order({ start: TEN - 45 * MINUTE, end: TEN }))).toBe('booked');
      expect(await outcome(link, order({ practitionerId: '8' }))).toBe('booked');
      expect(await outcome(link, order({ practitionerId: '9' }, { deadline: Date.now() - 1 }))).toBe('late');
      const token = (await ok(writerOf(link).findToken({ token: `token-1`, from: TEN - DAY, signal: never }))).records;
      expect(token.length).toBeLessThanOrEqual(1);
      const remove = (hash: string) =>
        ok(writerOf(link).delete({ id: record.row.id, hash, deadline: Date.now() + 60_000, signal: never }));
      expect((await remove('0000000000000000')).outcome).toBe('changed');
      expect((await remove(record.hash)).outcome).toBe('deleted');
      expect((await remove(record.hash)).outcome).toBe('gone');
      expect(await all(link)).toHaveLength(2);
      await link.close();
    },
  );

  test('what a form cannot say is refused before anything is sent', async () => {
    const table = await fresh(`id ${ground.types.serial}, p int, d ${ground.types.date}, t smallint, n int`);
    const link = await linked({
      table,
      id: 'id',
      practitioner: 'p',
      start: { date: 'd', minutes: 't' },
      end: { length: 'n', in: 'units', unitMinutes: 15 },
      booking: {},
    });
    expect(await outcome(link, order({}))).toBe('booked');
    expect(await outcome(link, order({ start: TEN + 3 * HOUR + 30_000, end: TEN + 4 * HOUR + 30_000 }))).toBe(
      'InvalidArgument',
    );
    expect(await outcome(link, order({ start: TEN + 3 * HOUR, end: TEN + 3 * HOUR + 20 * MINUTE }))).toBe(
      'InvalidArgument',
    );
    await link.close();
  });

  const plain = (table: string) =>
    ({ table, id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall', location: 'place' }) as const;
  const PLAIN = () =>
    `id ${ground.types.serial}, p varchar(9), place varchar(9), s ${ground.types.datetime}, e ${ground.types.datetime}`;
  const texts = (start: number, end: number): Row => {
    const wall = (instant: number) =>
      new Date(instantToWall(instant, ZONE)).toISOString().slice(0, 19).replace('T', ' ');
    return { s: wall(start), e: wall(end) };
  };
  const at10 = texts(TEN, TEN + 45 * MINUTE);

  test('cancelled rows are in nobody’s way, and a deletion that marks a row is a deletion', async () => {
    const table = await fresh(`${PLAIN()}, token varchar(22), state varchar(12), hidden int`);
    await ground.insert(table, [
      { p: '7', ...at10, state: 'x', hidden: 0 },
      { p: '7', ...at10, state: 'booked', hidden: 1 },
      { p: '8', ...at10, state: 'X', hidden: null },
    ]);
    const link = await linked({
      ...plain(table),
      status: { column: 'state', classes: { booked: 'busy', x: 'cancelled', gone: 'cancelled' } },
      only: { hidden: { not: ['1'] } },
      booking: { token: 'token', values: { state: 'booked' } },
      removal: { set: { state: 'gone' } },
    });
    // Compared to the letter, X is a status that nobody has named.
    const answer = await ok(link.readRange(LONG_AGO));
    expect(answer.records.map(({ row }) => row.practitionerIds)).toEqual([['8']]);
    expect(answer.unknown).toEqual([{ table: 'appointments', value: 'X' }]);
    const booked = await ok(writerOf(link).book(order({})));
    if (booked.outcome !== 'booked') throw new Error(booked.outcome);
    expect(await outcome(link, order({ practitionerId: '8' }))).toBe('taken');
    const { row, hash } = booked.record;
    const named = { id: row.id, hash, deadline: Date.now() + 60_000, signal: never };
    expect((await ok(writerOf(link).delete(named))).outcome).toBe('deleted');
    expect((await ok(writerOf(link).delete(named))).outcome).toBe('gone');
    expect(await ground.run(`select state from ${table} where id = ${row.id}`)).toMatchObject([{ state: 'gone' }]);
    expect(await outcome(link, order({}))).toBe('booked');
    await link.close();
  });

  test('holidays are everybody’s, at one place or at all; leave and meetings have tables of their own', async () => {
    const [table, leave, holidays] = [await fresh(PLAIN()), await fresh(PLAIN()), await fresh(PLAIN())];
    const off = (hours: number, parts: Row) => ({ ...parts, ...texts(TEN + hours * HOUR, TEN + (hours + 1) * HOUR) });
    await ground.insert(leave, [off(0, { p: '7', place: null })]);
    await ground.insert(holidays, [
      off(2, { p: '0', place: 'north' }),
      off(4, { p: '0', place: '' }),
      off(6, { p: '8', place: null }),
    ]);
    const none = ['0', ''];
    const link = await linked(
      { ...plain(table), booking: {} },
      { blockouts: { leave: plain(leave), holidays: { ...plain(holidays), whenNone: 'everyone', none } } },
    );
    const answer = await all(link);
    expect(answer.map(({ row }) => [row.id, row.kind, row.practitionerIds, row.locationId]).sort()).toEqual([
      ['holidays:1', 'blockout', ['*'], 'north'],
      ['holidays:2', 'blockout', ['*'], null],
      ['holidays:3', 'blockout', ['8'], null],
      ['leave:1', 'blockout', ['7'], null],
    ]);
    const hour = (n: number, locationId: string | null = null) => ({
      locationId,
      start: TEN + n * HOUR,
      end: TEN + (n + 1) * HOUR,
    });
    expect(await outcome(link, order(hour(0)))).toBe('taken');
    expect(await outcome(link, order(hour(2, 'south')))).toBe('booked');
    expect(await outcome(link, order({ ...hour(2, 'north'), practitionerId: '9' }))).toBe('taken');
    expect(await outcome(link, order(hour(4, 'south')))).toBe('taken');
    expect(await outcome(link, order(hour(6)))).toBe('booked');
    expect(await outcome(link, order({ ...hour(6), practitionerId: '8' }))).toBe('taken');
    // One practitioner's part of the diary has everybody's rows in it.
    const own = await ok(link.readRange({ ...LONG_AGO, range: { ...LONG_AGO.range, practitionerId: '9' } }));
    expect(own.records.map(({ row }) => row.id).sort()).toEqual(['holidays:1', 'holidays:2']);
    const keys = await ok(
      link.readKeys!({ ...LONG_AGO, stream: 'busy', ids: ['holidays:2', 'leave:1', 'leave:9', '1'] }),
    );
    expect(keys.records.map(({ row }) => row.id).sort()).toEqual(['1', 'holidays:2', 'leave:1']);
    await link.close();
  });

  test('a session with room for three takes three, and a blockout takes all of them', async () => {
    const [table, blockouts] = [await fresh(`${PLAIN()}, token varchar(22)`), await fresh(PLAIN())];
    const link = await linked({ ...plain(table), booking: { token: 'token' } }, { blockouts: plain(blockouts) });
    const three = { capacity: 3 };
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await outcome(link, order(three)));
    expect(answers).toEqual(['booked', 'booked', 'booked', 'taken']);
    await ground.insert(blockouts, [{ p: '8', place: null, ...at10 }]);
    expect(await outcome(link, order({ ...three, practitionerId: '8' }))).toBe('taken');
    await link.close();
  });

  test('locations in other zones keep the clock on their own wall', async () => {
    const table = await fresh(PLAIN());
    const nine = { s: '2027-03-03 09:00:00', e: '2027-03-03 09:30:00' };
    await ground.insert(table, [
      { p: '1', place: 'S', ...nine },
      { p: '2', place: 'P', ...nine },
      { p: '3', place: 'B', ...nine },
      { p: '4', place: null, ...nine },
    ]);
    const zones = { P: 'Australia/Perth', B: 'Australia/Brisbane' };
    const link = await linked({ ...plain(table), booking: {} }, { zones });
    const rows = (await all(link)).map(({ row }) => [
      row.practitionerIds[0],
      row.zone,
      new Date(row.start).toISOString(),
    ]);
    expect(rows.sort()).toEqual([
      ['1', ZONE, '2027-03-02T22:00:00.000Z'],
      ['2', 'Australia/Perth', '2027-03-03T01:00:00.000Z'],
      ['3', 'Australia/Brisbane', '2027-03-02T23:00:00.000Z'],
      ['4', ZONE, '2027-03-02T22:00:00.000Z'],
    ]);
    const start = at('2027-03-03T01:00Z');
    const inPerth = { locationId: 'P', start, end: start + 30 * MINUTE };
    expect(await outcome(link, order({ ...inPerth, practitionerId: '2' }))).toBe('taken');
    const booked = await ok(writerOf(link).book(order({ ...inPerth, practitionerId: '1' })));
    expect(booked).toMatchObject({ outcome: 'booked', record: { row: { start, zone: 'Australia/Perth' } } });
    const own = await ground.run(`select count(*) as n from ${table} where place = 'P' and s = '2027-03-03 09:00:00'`);
    expect(Number(own[0]?.['n'])).toBe(2);
    await link.close();
  });

  test('keys of several columns', async () => {
    const table = await fresh(
      `branch varchar(9) not null, no int not null, p varchar(9), place varchar(9), s ${ground.types.datetime}, e ${ground.types.datetime}, primary key (branch, no)`,
    );
    await ground.insert(table, [
      { branch: 'a/b', no: 1, p: '7', place: null, ...at10 },
      { branch: 'a', no: 1, p: '8', place: null, ...at10 },
    ]);
    const link = await linked({ ...plain(table), id: ['branch', 'no'], booking: {} });
    const rows = await all(link);
    expect(rows.map(({ row }) => row.id).sort()).toEqual(['a/1', 'a\\/b/1']);
    const keys = await ok(link.readKeys!({ ...LONG_AGO, stream: 'busy', ids: ['a\\/b/1', 'a/2', 'a', 'x/y/z'] }));
    expect(keys.records.map(({ row }) => row.practitionerIds)).toEqual([['7']]);
    const { row, hash } = rows.find((each) => each.row.id === 'a/1')!;
    const named = { id: row.id, hash, deadline: Date.now() + 60_000, signal: never };
    expect((await ok(writerOf(link).delete(named))).outcome).toBe('deleted');
    expect((await all(link)).map((each) => each.row.id)).toEqual(['a\\/b/1']);
    await link.close();
  });
});

describe('procedures of the clinic’s own', () => {
  const [, postgres, mysql] = GROUNDS;
  const MAPPING = {
    id: 'id',
    practitioner: 'p',
    start: 's',
    end: 'e',
    time: 'wall',
    booking: {
      token: 'token',
      insert: { procedure: 'book_it', arguments: ['practitioner', 'start', 'minutes', 'token', { value: 'online' }] },
    },
    removal: { procedure: 'cancel_it', arguments: ['id', { value: 'by us' }] },
    status: { column: 'state', classes: { online: 'busy', 'by us': 'cancelled' } },
  } as const;
  const check = async (ground: Ground, table: string) => {
    const link = await connect(ground.adapter({ zone: ZONE, appointments: { table, ...MAPPING } }, 'write'));
    const booked = await ok(writerOf(link).book(order({})));
    if (booked.outcome !== 'booked') throw new Error(booked.outcome);
    expect(booked.record.row).toMatchObject({ practitionerIds: ['7'], start: TEN, end: TEN + 45 * MINUTE });
    expect(await outcome(link, order({}))).toBe('taken');
    expect(await outcome(link, order({ practitionerId: '8' }, { deadline: Date.now() - 1 }))).toBe('late');
    expect(await ground.run(`select state from ${table}`)).toMatchObject([{ state: 'online' }]);
    const { row, hash } = booked.record;
    const remove = (of: string) =>
      ok(writerOf(link).delete({ id: row.id, hash: of, deadline: Date.now() + 60_000, signal: never }));
    expect((await remove('0000000000000000')).outcome).toBe('changed');
    expect((await remove(hash)).outcome).toBe('deleted');
    expect((await remove(hash)).outcome).toBe('gone');
    expect(await ground.run(`select state from ${table}`)).toMatchObject([{ state: 'by us' }]);
    await link.close();
  };
  const columns = (ground: Ground) =>
    `id ${ground.types.serial}, p int, s ${ground.types.datetime}, e ${ground.types.datetime}, token varchar(22), state varchar(12)`;

  it.skipIf(!postgres?.[1])('a function on Postgres', async () => {
    const ground = await postgres![2]();
    await ground.table('visits', columns(ground));
    await ground.run(`create function book_it(who int, at_ timestamp, mins int, mark text, how text) returns int language sql as
      $$ insert into visits (p, s, e, token, state) values (who, at_, at_ + mins * interval '1 minute', mark, how) returning id $$`);
    await ground.run(`create function cancel_it(which int, how text) returns void language sql as
      $$ update visits set state = how where id = which $$`);
    await check(ground, 'visits');
    await ground.dispose();
  });

  it.skipIf(!mysql?.[1])('a procedure on MariaDB', async () => {
    const ground = await mysql![2]();
    await ground.table('visits', columns(ground));
    await ground.run(`create procedure book_it(who int, at_ datetime, mins int, mark text, how text, out made int) modifies sql data
      begin insert into visits (p, s, e, token, state) values (who, at_, at_ + interval mins minute, mark, how); set made = last_insert_id(); end`);
    await ground.run(`create procedure cancel_it(which int, how text) modifies sql data
      update visits set state = how where id = which`);
    const [{ login = '' } = {}] =
      (await ground.run(`select distinct grantee as login from information_schema.user_privileges
      where grantee like '''writer%' order by 1 desc limit 1`)) as { login?: string }[];
    const grants = await ground.run(
      `select distinct user as u, host as h from mysql.tables_priv where table_name = 'visits' and user like 'writer%'`,
    );
    expect(login).not.toBe('');
    for (const { u, h } of grants) await ground.run(`grant execute on *.* to '${String(u)}'@'${String(h)}'`);
    await check(ground, 'visits');
    await ground.dispose();
  });
});
