import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mysqlAdapter, type ClinicSchema, type TimeForm } from '../../src/adapters/mysql/index.js';
import { freshMysqlDatabase, isMariadb, sharedMysql, type TestMysqlDatabase } from '../servers/mysql.js';
import { at, byId, codeOf, connect, digestsOf, eventually, never, ok } from './kit.js';
import { expectedRows, pinned } from './oracle.js';
import { clinic, stored, ZONE } from './random-rows.js';

const server = await sharedMysql();
/** MySQL lacks a few of its things. */
const isMaria = server !== undefined && (await isMariadb(server));
const UUIDS: [string, string[], string[]] = [
  'uuid',
  ['0b3bb4cb-3d1c-4a41-8dbe-3a4f3a2a5b6c'],
  ['0B3BB4CB-3D1C-4A41-8DBE-3A4F3A2A5B6C', 'x'],
];
const whole = { range: { stream: 'busy', from: null, to: null }, signal: never } as const;
const cutoff = at('2026-11-22T13:00Z');

describe.skipIf(!server)('rows of a MariaDB clinic', () => {
  let database: TestMysqlDatabase;
  beforeAll(async () => {
    database = await freshMysqlDatabase(server?.url ?? '');
    // What the practice's software wants of its own sessions.
    await database.admin.query(`set session time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES'`);
  });
  afterAll(async () => {
    await database.drop();
  });
  const run = (text: string, values: unknown[] = []) => database.admin.query(text, values);
  const table = async (name: string, columns: string) => {
    await run(`create table ${name} (${columns})`);
    await run(`grant select on ${name} to ${database.reader}`);
  };
  const mapped = (name: string, time: TimeForm = 'wall'): ClinicSchema => ({
    zone: ZONE,
    appointments: { table: name, id: 'id', practitioner: 'p', location: 'loc', start: 's', end: 'e', time },
  });
  const reading = (schema: ClinicSchema) => mysqlAdapter({ connection: database.readerUrl, schema });

  const forms: readonly (readonly [TimeForm, string])[] = [
    ['wall', 'datetime'],
    ['wall', 'datetime(3)'],
    ['wall', 'datetime(6)'],
    ['wall', 'text'],
    ['wall', 'varchar(30) character set latin1'],
    ['utc', 'datetime'],
    ['instant', 'timestamp(3) null'],
    ['epoch-ms', 'bigint'],
    ['epoch-ms', 'double'],
    ['epoch-s', 'int'],
    ['epoch-s', 'decimal(14,3)'],
  ];
  it.each(forms)(
    '%s as %s: exactly the rows asked for, and digests that are their sums',
    async (time, type) => {
      const name = `random_${forms.findIndex((form) => form[0] === time && form[1] === type)}`;
      await table(
        name,
        `id int primary key, p int, loc text, s ${type}, e ${type}, key (s${type === 'text' ? '(20)' : ''})`,
      );
      const link = await connect(reading(mapped(name, time)));
      const property = fc.asyncProperty(clinic, async (drawn) => {
        const random = pinned(drawn, time);
        // A timestamp's text has no zone of its own here: the session's is UTC.
        const text = (value: number) => stored(time === 'instant' ? 'utc' : time, value);
        await run(`truncate ${name}`);
        const rows = random.rows.map((row) => [row.id, row.practitioner, row.location, text(row.start), text(row.end)]);
        if (rows.length > 0) await run(`insert into ${name} values ?`, [rows]);
        const all = await ok(link.readRange({ ...whole, cutoff: random.cutoff }));
        const expected = expectedRows(random, time, null, null);
        expect(byId(all.records)).toEqual(expected.good);
        expect(all.skipped.map(({ key }) => key.id).sort()).toEqual(expected.skipped);
        const { edges } = random;
        const digests = await ok(link.digest!({ stream: 'busy', edges, cutoff: random.cutoff, signal: never }));
        for (let i = 0; i <= edges.length; i++) {
          const [from, to] = [edges[i - 1] ?? null, edges[i] ?? null];
          const part = await ok(
            link.readRange({ range: { stream: 'busy', from, to }, cutoff: random.cutoff, signal: never }),
          );
          expect(byId(part.records)).toEqual(expectedRows(random, time, from, to).good);
          if (part.skipped.length === 0) expect(digests[i]).toEqual(digestsOf(part.records, [])[0]);
          // Undecodable rows are in the digest, in the bucket in which they are reported.
          expect(digests[i]?.count).toBe(part.records.length + part.skipped.length);
        }
      });
      await fc.assert(property, { numRuns: 30 });
      await link.close();
    },
    30_000,
  );

  it.each([
    ['bigint', ['1', '-9223372036854775808', '9223372036854775807'], ['x', '99999999999999999999', '1.0', '', '01']],
    ['bigint unsigned', ['1', '18446744073709551615'], ['-1', '18446744073709551616', '7 apples']],
    ['smallint', ['1', '-2'], ['40000', 'x']],
    ...(isMaria ? [UUIDS] : []),
    [
      'varchar(40)',
      ["o'brien", 'a\u001fb', '☃', '', '{"a",b}', 'blockout:7', '\\', '%', 'NULL', 'A'],
      ['a\0b', 'a', 'Ａ'],
    ],
    ['varchar(40) character set latin1', ['Zürich', 'B'], ['zürich', 'b', '☃']],
    ['char(5)', ['ab'], ['ab   ', 'abc', 'AB']],
    ['decimal(8,2)', ['1.50'], ['1.5', 'x']],
    ['binary(4)', ['deadbeef'], ['DEADBEEF', 'x']],
  ])('ids of type %s', async (type, ids, absent) => {
    const name = `ids_${type.replace(/\W/g, '')}`;
    await table(name, `id ${type} primary key, p int, loc text, s datetime, e datetime`);
    const value = type.startsWith('binary') ? 'unhex(?)' : '?';
    for (const id of ids) {
      await run(`insert into ${name} values (${value}, 1, null, '2026-11-23 09:00', '2026-11-23 09:15')`, [id]);
    }
    const link = await connect(reading(mapped(name)));
    const all = byId((await ok(link.readRange({ ...whole, cutoff }))).records);
    expect(all).toEqual(ids.map((id) => (id.startsWith('blockout:') ? `appointment:${id}` : id)).sort());
    const read = { stream: 'busy', ids: [...all, ...absent], cutoff, signal: never } as const;
    expect(byId((await ok(link.readKeys!(read))).records)).toEqual(all);
    await link.close();
  });

  it('times that are none: named and left out, counted in the digest, and no reason to fail', async () => {
    await table('dumped', 'id int primary key, p int, loc text, s datetime, e datetime');
    await run(`insert into dumped values (1, 1, null, '2026-11-23 09:00', '2026-11-23 09:15'),
      (2, 1, null, '2026-11-24 09:00', '0000-00-00'), (3, 1, null, '2027-02-31 09:00', '2027-03-31 09:00'),
      (4, 1, null, '2026-11-25 09:00', null), (5, 1, null, '0000-00-00', '2026-11-23 09:00'), (6, 1, null, null, null)`);
    const link = await connect(reading(mapped('dumped')));
    const { records, skipped } = await ok(link.readRange({ ...whole, cutoff }));
    expect(byId(records)).toEqual(['1']);
    // A row without a start lies in no stretch of time.
    expect(skipped.map(({ key, field }) => `${key.id} ${field}`).sort()).toEqual(['2 end', '3 start', '4 end']);
    const [digest] = await ok(link.digest!({ stream: 'busy', edges: [], cutoff, signal: never }));
    expect(digest?.count).toBe(4);
    const keys = { stream: 'busy', ids: ['5', '6'], cutoff, signal: never } as const;
    expect((await ok(link.readKeys!(keys))).skipped.map(({ key }) => key.id).sort()).toEqual(['5', '6']);
    await link.close();
  });

  it('our sessions are as they have to be, whatever the server makes of new ones', async () => {
    const [rows] = await run('select @@global.sql_mode as mode, @@global.time_zone as zone');
    const before = (rows as { mode: string; zone: string }[])[0];
    const odd = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,PAD_CHAR_TO_FULL_LENGTH';
    await table('odd', `id varchar(20) primary key, p int, loc char(9), s timestamp null, e timestamp null`);
    await run(`insert into odd values ('a\\\\'' or 1', 1, 'x', '2026-11-23 09:00', '2026-11-23 09:15')`);
    await run(`set global sql_mode = '${odd}', global time_zone = '+09:30'`);
    try {
      const link = await connect(reading(mapped('odd', 'instant')));
      const { records } = await ok(link.readRange({ ...whole, cutoff }));
      expect(records.map(({ row }) => [row.id, row.locationId, row.start])).toEqual([
        ["a\\' or 1", 'x', at('2026-11-23T09:00Z')],
      ]);
      const keys = { stream: 'busy', ids: ["a\\' or 1", "\\' or 1 = 1 -- "], cutoff, signal: never } as const;
      expect(byId((await ok(link.readKeys!(keys))).records)).toEqual(["a\\' or 1"]);
      await link.close();
    } finally {
      await run('set global sql_mode = ?, global time_zone = ?', [before?.mode, before?.zone]);
    }
  });

  it('hostile names, another database, and names in another case', async () => {
    const hostile = 'a`; drop table `b.c`; -- ?';
    const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;
    await table(quoted(hostile), "`the ID?` int, `p.1` int, `select` datetime, `e'$1` datetime");
    await run(`insert into ${quoted(hostile)} values (1, 1, '2026-11-23 09:00', '2026-11-23 09:15')`);
    const appointments = {
      table: [database.name, hostile] as const,
      id: 'the id?',
      practitioner: 'P.1',
      start: 'SELECT',
      end: "e'$1",
      time: 'wall' as const,
    };
    const link = await connect(
      mysqlAdapter({
        connection: database.readerUrl.replace(/\/[^/]*$/, '/information_schema'),
        schema: { zone: ZONE, appointments },
      }),
    );
    expect(byId((await ok(link.readRange({ ...whole, cutoff }))).records)).toEqual(['1']);
    await link.close();
  });

  it('names what is missing, of the wrong type, or forbidden', async () => {
    await table('checked', 'id int, p int, loc text, s datetime, e datetime');
    await run('create table forbidden (id int, p int, loc text, s datetime, e datetime, secret text)');
    const failure = async (schema: ClinicSchema) => {
      const failed = await reading(schema).connect({ clinicId: 'c', signal: never });
      return failed.isErr() ? [failed.error.code, failed.error.field, failed.error.message] : [];
    };
    const renamed = { ...mapped('checked').appointments, start: 'st' };
    expect(await failure({ zone: ZONE, appointments: renamed })).toEqual([
      'SchemaMismatch',
      'schema.appointments.start',
      'There is no column "st" (schema.appointments.start). Most like it: "s", "id", "p".',
    ]);
    expect((await failure(mapped('cheked')))[0]).toBe('PermissionDenied');
    expect((await failure(mapped('checked', 'instant'))).slice(0, 2)).toEqual([
      'SchemaMismatch',
      'schema.appointments.start',
    ]);
    expect((await failure(mapped('forbidden')))[0]).toBe('PermissionDenied');
    // SELECT on the mapped columns is enough.
    await run(`grant select (id, p, loc, s, e) on forbidden to ${database.reader}`);
    const link = await connect(reading(mapped('forbidden')));
    await ok(link.readRange({ ...whole, cutoff }));
    await run('alter table forbidden drop column loc');
    expect(['SchemaMismatch', 'PermissionDenied']).toContain(await codeOf(link.readRange({ ...whole, cutoff })));
    await link.close();
  });

  it('sees new rows by their ids', async () => {
    await table('numbered', 'id int auto_increment primary key, p int, loc text, s datetime, e datetime');
    const link = await connect(reading(mapped('numbered')));
    expect(await ok(link.newKeys!(never))).toEqual([]);
    await run(`insert into numbered (p, s, e) values (1, '2026-11-23 09:00', '2026-11-23 09:15'), (2, null, null)`);
    expect((await ok(link.newKeys!(never))).map(({ id }) => id)).toEqual(['1', '2']);
    expect(await ok(link.newKeys!(never))).toEqual([]);
    await link.close();
  });

  it.skipIf(!isMaria)('looks at an index range of starts only, however long the history', async () => {
    await table('long_history', 'id int primary key, p int, loc text, s datetime, e datetime, key (s)');
    await run(`insert into long_history select seq, seq % 5, 'a', '2026-12-31' - interval seq * 15 minute,
      '2026-12-31' - interval seq * 15 - 15 minute from seq_1_to_60000`);
    await run('analyze table long_history');
    const link = await connect(reading(mapped('long_history')));
    const late = at('2026-12-29T13:00Z');
    const examined = async () => {
      const [rows] = await run('select rows_read as n from information_schema.user_statistics where user = ?', [
        database.reader,
      ]);
      return Number((rows as { n: number | string }[])[0]?.n ?? 0);
    };
    await run('set global userstat = 1');
    try {
      const before = await examined();
      await ok(link.readRange({ range: { stream: 'busy', from: late, to: null }, cutoff: late, signal: never }));
      await ok(link.digest!({ stream: 'busy', edges: [late], cutoff: late, signal: never }));
      // A month back and two days ahead for each, of two years.
      await eventually(async () => (await examined()) > before);
      expect((await examined()) - before).toBeLessThan(2 * 34 * 96);
    } finally {
      await run('set global userstat = 0');
    }
    await link.close();
  });

  it.each(['MyISAM', 'view', ...(isMaria ? ['Aria'] : [])])(
    'a mapped %s has no pulse and no snapshot, and all else',
    async (kind) => {
      const name = `of_${kind}`;
      await table(`${name}_base`, 'id int primary key, p int, loc text, s datetime, e datetime');
      if (kind === 'view') {
        await run(`create view ${name} as select * from ${name}_base`);
        await run(`grant select on ${name} to ${database.reader}`);
      } else {
        await run(`alter table ${name}_base engine = ${kind}`);
        await run(`rename table ${name}_base to ${name}`);
        await run(`grant select on ${name} to ${database.reader}`);
      }
      await run(`insert into ${name} values (1, 1, null, '2026-11-23 09:00', '2026-11-23 09:15')`);
      const link = await connect(reading(mapped(name)));
      expect([link.pulse, link.openSnapshot]).toEqual([undefined, undefined]);
      const { records } = await ok(link.readRange({ ...whole, cutoff }));
      expect(await ok(link.digest!({ stream: 'busy', edges: [], cutoff, signal: never }))).toEqual(
        digestsOf(records, []),
      );
      await link.close();
    },
  );
});
