import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { ClinicLink } from '../../src/adapters/adapter.js';
import {
  installPostgresPush,
  postgresAdapter,
  postgresPushSql,
  removePostgresPush,
  type ClinicSchema,
} from '../../src/adapters/postgres/index.js';
import type { Scope } from '../../src/domain/scope.js';
import { TcpProxy } from '../../src/testing/index.js';
import { freshDatabase, sharedPostgres, startOwnServer, type TestDatabase } from '../servers/postgres.js';
import { codeOf, connect, nextEvent, ok } from './kit.js';

const server = await sharedPostgres();
const HOSTILE = `bl"ock's; --`;
const columns = { id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
const schema: ClinicSchema = {
  zone: 'Australia/Sydney',
  appointments: { table: 'appt', ...columns },
  blockouts: { table: HOSTILE, ...columns, id: 'the "id"' },
};
const keys = (scope: Scope) => scope.keys.map(({ id }) => id).sort();

describe.skipIf(!server)('push by triggers', () => {
  let database: TestDatabase;
  let link: ClinicLink;
  const run = (text: string) => database.admin.query(text);
  const insert = (from: number, to = from) =>
    `insert into appt select i, 1, now(), now() from generate_series(${String(from)}, ${String(to)}) i`;
  const hintOf = async (text: string) => {
    const hint = nextEvent(link.events, 'hint');
    await run(text);
    return hint;
  };
  const adapter = () => postgresAdapter({ connection: database.readerUrl, schema, push: 'trigger' });

  beforeAll(async () => {
    database = await freshDatabase(server?.url ?? '');
  });
  afterAll(async () => {
    await database.drop();
  });
  beforeEach(async () => {
    const quoted = `"${HOSTILE.replaceAll('"', '""')}"`;
    await run('create table appt (id text primary key, p int, s timestamp, e timestamp)');
    await run(`create table ${quoted} ("the ""id""" int, p int, s timestamp, e timestamp)`);
    await run(`grant select on appt, ${quoted} to ${database.reader}`);
    await ok(installPostgresPush({ connection: database.adminUrl, schema }));
    link = await connect(adapter());
    expect(link.push).toBe(true);
  });
  afterEach(async () => {
    await link.close();
    const quoted = `"${HOSTILE.replaceAll('"', '""')}"`;
    await run(`drop table if exists appt, ${quoted}; drop schema if exists clinic_sync cascade`);
  });

  it('names the rows of each kind of statement', async () => {
    expect(await hintOf(insert(1, 2))).toMatchObject({ all: false, keys: [{ stream: 'busy' }, { stream: 'busy' }] });
    expect(keys(await hintOf(`update appt set id = '3' where id = '2'`))).toEqual(['2', '3']);
    expect(keys(await hintOf('delete from appt'))).toEqual(['1', '3']);
    const quoted = `"${HOSTILE.replaceAll('"', '""')}"`;
    expect(keys(await hintOf(`insert into ${quoted} values (7, 1, now(), now())`))).toEqual(['blockout:7']);
    expect(keys(await hintOf(`insert into appt values ('o''brien "x" ☃', 1, now(), now())`))).toEqual([
      'o\'brien "x" ☃',
    ]);
  });

  it('says "look at this table" for many rows, long ids and truncation, once for each statement', async () => {
    const everything = [{ stream: 'busy', from: null, to: null }];
    let hints = 0;
    link.events.on('hint', () => hints++);
    expect(await hintOf(insert(1, 5_000))).toMatchObject({ keys: [], ranges: everything });
    expect(await hintOf('truncate appt')).toMatchObject({ keys: [], ranges: everything });
    const long = `insert into appt values (repeat('x', 9000), 1, now(), now())`;
    expect(await hintOf(long)).toMatchObject({ keys: [], ranges: everything });
    expect(hints).toBe(3);
  });

  it('says nothing of statements without rows and of what was rolled back', async () => {
    let hints = 0;
    link.events.on('hint', () => hints++);
    await run('delete from appt');
    await run(`begin; ${insert(1)}; rollback`);
    expect(keys(await hintOf(insert(2)))).toEqual(['2']);
    expect(hints).toBe(1);
  });

  it("takes anybody's notification for no more than a place to look", async () => {
    expect((await hintOf(`notify clinic_sync, 'nonsense'`)).all).toBe(true);
    expect((await hintOf(`notify clinic_sync, '{"t":"appointments","ids":[1,null]}'`)).all).toBe(false);
    expect((await hintOf(`notify clinic_sync`)).all).toBe(true);
    expect((await hintOf(`notify clinic_sync, 'null'`)).all).toBe(true);
  });

  it('never fails a write: renamed key column, hostile session settings, a login without any other right', async () => {
    const writer = `writer_${database.reader}`;
    await run(`create role ${writer}; grant insert on appt to ${writer}`);
    const asWriter = await hintOf(
      `set role ${writer}; set search_path = ''; ${insert(1).replace('appt', 'public.appt')}; reset role; reset search_path`,
    );
    expect(keys(asWriter)).toEqual(['1']);
    // Operators and functions of the same name that come first in the caller's path.
    await run(`create schema evil; create function evil.format(text, text) returns text
      language plpgsql as 'begin raise exception ''no''; end'`);
    const shadowed = await hintOf(`set search_path = evil, public; ${insert(2)}; reset search_path`);
    expect(keys(shadowed)).toEqual(['2']);
    await run('alter table appt rename column id to renamed');
    const hint = await hintOf(`insert into appt (renamed, p) values ('9', 1)`);
    expect(hint).toMatchObject({ keys: [], ranges: [{ stream: 'busy', from: null, to: null }] });
    await run('alter table appt rename column renamed to id');
    await run(
      `create or replace function clinic_sync.notify_change() returns trigger language plpgsql as 'begin return null; end'`,
    );
    await run(insert(3));
    expect((await run('select from appt')).rowCount).toBe(4);
    await run('delete from appt');
    await run(`drop owned by ${writer}; drop role ${writer}; drop schema evil cascade`);
  });

  it('notices within its self-test that triggers are gone, and that writes go on', async () => {
    const end = nextEvent(link.events, 'pushLost', 15_000);
    await run('drop function clinic_sync.notify_change() cascade');
    await run(insert(1));
    await end;
    await ok(link.now(new AbortController().signal));
    await link.close();
    link = await connect(adapter());
    expect(link.push).toBe(false);
  }, 20_000);

  it.each([
    ['a disabled trigger', 'alter table appt disable trigger clinic_sync_delete'],
    ['triggers for another channel', 'alter table appt disable trigger user'],
    ['a partition beside the triggers', 'create table part () inherits (appt)'],
  ])('does not promise push with %s', async (_, change) => {
    await link.close();
    await run(change);
    link = await connect(adapter());
    expect(link.push).toBe(false);
    await run('drop table if exists part');
  });

  it('a killed listener ends the link', async () => {
    const lost = nextEvent(link.events, 'lost');
    await run(`select pg_terminate_backend(pid) from pg_stat_activity
      where usename = '${database.reader}' and query like '%pg_notify%'`);
    expect((await lost).code).toBe('ClinicUnreachable');
  });

  it('a signal that fires while it begins to listen ends everything that was opened', async () => {
    const to = new URL(database.readerUrl);
    const proxy = await TcpProxy.listen({ host: to.hostname, port: Number(to.port) });
    to.port = String(proxy.port);
    const held = proxy.hold('toServer', 'listen "clinic_sync"');
    const ending = new AbortController();
    const place = { clinicId: 'listener', signal: ending.signal };
    const connecting = codeOf(postgresAdapter({ connection: to.href, schema, push: 'trigger' }).connect(place));
    await held.caught;
    ending.abort();
    expect(await connecting).toBe('Aborted');
    held.release();
    await expect.poll(() => proxy.openConnections).toBe(0);
    await proxy.close();
  });

  it('installs twice without harm, and removes everything', async () => {
    const run1 = { connection: database.adminUrl, schema };
    await ok(installPostgresPush(run1));
    await ok(removePostgresPush(run1));
    await ok(removePostgresPush(run1));
    const left = await run(`select tgname from pg_trigger where tgname like 'clinic_sync%'
      union all select nspname from pg_namespace where nspname = 'clinic_sync'`);
    expect(left.rows).toEqual([]);
  });

  it('gives up instead of queueing behind a table that is in use', async () => {
    const holder = await freshClient();
    await holder.query('begin; insert into appt values (1)');
    expect(await codeOf(installPostgresPush({ connection: database.adminUrl, schema }))).toBe('ClinicBusy');
    await holder.query('rollback');
    await holder.end();
  });

  async function freshClient() {
    const { Client } = await import('pg');
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    return client;
  }

  it('shows the statements that it runs', () => {
    const { install, remove } = postgresPushSql(schema);
    expect(install.filter((statement) => statement.startsWith('create trigger'))).toHaveLength(8);
    expect(remove.at(-1)).toBe('drop schema if exists "clinic_sync"');
    // Nothing is left to a parameter: a DBA can paste it.
    expect([...install, ...remove].join(';')).not.toMatch(/\$\d/);
  });
});

describe('push where two-phase commit is on', () => {
  it('is refused, and a trigger that is there anyway stays silent, so that PREPARE TRANSACTION works', async (test) => {
    const own = await startOwnServer(['max_prepared_transactions=5']);
    test.skip(!own, 'no server binaries on this machine');
    if (!own) return;
    const database = await freshDatabase(own.url);
    try {
      const one: ClinicSchema = { zone: 'Australia/Sydney', appointments: { table: 'appt', ...columns } };
      await database.admin.query('create table appt (id int, p int, s timestamp, e timestamp)');
      await database.admin.query(`grant select on appt to ${database.reader}`);
      expect(await codeOf(installPostgresPush({ connection: database.adminUrl, schema: one }))).toBe('ClinicProtocol');
      for (const statement of postgresPushSql(one).install) await database.admin.query(statement);
      await database.admin.query(`begin; insert into appt values (1, 1, now(), now()); prepare transaction 'x'`);
      await database.admin.query(`commit prepared 'x'`);
      const link = await connect(postgresAdapter({ connection: database.readerUrl, schema: one, push: 'trigger' }));
      expect(link.push).toBe(false);
      await link.close();
    } finally {
      await database.drop();
      await own.stop();
    }
  });
});
