import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mysqlAdapter, type MysqlOptions } from '../../src/adapters/mysql/index.js';
import { toFault } from '../../src/adapters/mysql/errors.js';
import { parseMysqlUrl } from '../../src/adapters/mysql/options.js';
import type { BookOrder } from '../../src/adapters/writer.js';
import { SECOND } from '../../src/domain/instant.js';
import { mysqlPractice, type MysqlPractice } from '../booking/practice-mysql.js';
import { SCHEMA, slotOf } from '../booking/practice.js';
import { connectMysql, isMariadb, sharedMysql, startOwnMysql } from '../servers/mysql.js';
import { freePort, type OwnServer } from '../servers/process.js';
import { codeOf, connect, eventually, never, nextEvent, ok } from './kit.js';

const server = await sharedMysql();
const isMaria = server !== undefined && (await isMariadb(server));
const whole = { range: { stream: 'busy', from: null, to: null }, cutoff: Date.now(), signal: never } as const;
const SECRET = 'Mrs Hunter2';

const order = (nth: number, parts: Partial<BookOrder> = {}): BookOrder => ({
  slot: { ...slotOf(nth), locationId: null },
  details: {},
  token: `token-${nth}`,
  deadline: Date.now() + 10 * SECOND,
  signal: never,
  ...parts,
});

describe.skipIf(!server)('what can go wrong with a MariaDB clinic', () => {
  let clinic: MysqlPractice;
  beforeAll(async () => {
    clinic = await mysqlPractice(server?.url ?? '');
  });
  afterAll(() => clinic.dispose());
  const adapter = (options: Partial<MysqlOptions> = {}) =>
    mysqlAdapter({ connection: clinic.readerUrl, schema: SCHEMA, ...options });
  const at_ = (options: Partial<MysqlOptions> = {}) => adapter(options).connect({ clinicId: 'c', signal: never });
  const url = (change: (url: URL) => void) => {
    const changed = new URL(clinic.readerUrl);
    change(changed);
    return changed.href;
  };
  const sessions = async (condition = 'true') => {
    const rows = await clinic.run(
      `select id as id from information_schema.processlist where user = '${clinic.reader}' and ${condition}`,
    );
    return (rows as { id: number }[]).map(({ id }) => id);
  };

  it('connecting: each refusal has its code, and its message tells nothing', async () => {
    const port = await freePort();
    const refusals: [string, string][] = [
      [url((u) => (u.password = 'hunter2')), 'ClinicRefused'],
      [url((u) => (u.username = 'nobody_known')), 'ClinicRefused'],
      [url((u) => (u.pathname = '/no_such_database')), 'ClinicRefused'],
      [url((u) => (u.port = String(port))), 'ClinicUnreachable'],
      [url((u) => (u.hostname = 'no-such-host.invalid')), 'ClinicUnreachable'],
      // MySQL makes itself a certificate.
      ...(isMaria ? [[`${clinic.readerUrl}?ssl-mode=required`, 'ClinicRefused'] as [string, string]] : []),
    ];
    for (const [connection, code] of refusals) {
      const refused = await at_({ connection });
      expect(refused.isErr() && refused.error.code, connection).toBe(code);
      expect(refused.isErr() && JSON.stringify(refused.error) + refused.error.message).not.toMatch(
        /hunter2|nobody|such/,
      );
    }
  });

  it('passwords and routes may come from functions, for each connection anew; what they throw is not passed on', async () => {
    let asked = 0;
    let routed = 0;
    const { password, host, port, ...connection } = parseMysqlUrl(clinic.readerUrl);
    const near = { host, port: port ?? 3306 };
    const link = await connect(
      adapter({
        connection: {
          ...connection,
          host: 'db.clinic.invalid',
          tls: 'off',
          password: () => (asked++, Promise.resolve(String(password))),
          route: () => (routed++, near),
        },
      }),
    );
    try {
      await ok(link.readRange(whole));
      // The owner's, a reader's, and another's where the read did not wait for the first reader, which connects meanwhile.
      expect(asked).toBeGreaterThanOrEqual(2);
      expect(asked).toBeLessThanOrEqual(3);
      expect(routed).toBe(asked);
    } finally {
      // Its lock would be in the way of every other test.
      await link.close();
    }
    const lost = await at_({ connection: { ...connection, host, route: () => Promise.reject(new Error(SECRET)) } });
    expect(lost.isErr() && [lost.error.code, JSON.stringify(lost.error), lost.error.message].join()).toMatch(
      /^ClinicUnreachable/,
    );
    expect(lost.isErr() && lost.error.message).not.toContain(SECRET);
  });

  it('TLS is on away from loopback, unless it is turned off', () => {
    expect(parseMysqlUrl('mariadb://u:p%40@db.example/clinic')).toEqual({
      host: 'db.example',
      database: 'clinic',
      user: 'u',
      password: 'p@',
    });
    expect(parseMysqlUrl('mysql://u@db.example:3307/clinic?ssl-mode=DISABLED')).toMatchObject({
      port: 3307,
      tls: 'off',
    });
    expect(parseMysqlUrl('mysql://u@db.example/clinic?ssl-mode=VERIFY_CA')).toMatchObject({ tls: 'verify' });
    expect(() => parseMysqlUrl('postgres://u:hunter2@db.example/clinic')).toThrow(/^(?!.*hunter2).*mysql:\/\//);
  });

  it.each(['the one that watches', 'one that reads'])('a killed connection, %s, ends the link once', async (which) => {
    const link = await connect(adapter());
    const [owner] = await sessions();
    await ok(link.readRange(whole));
    const [reader] = (await sessions()).filter((id) => id !== owner);
    let lost = 0;
    link.events.on('lost', () => lost++);
    const end = nextEvent(link.events, 'lost');
    await clinic.run(`kill connection ${which.includes('reads') ? reader : owner}`);
    expect((await end).code).toBe('ClinicUnreachable');
    await link.close();
    expect(lost).toBe(1);
    await eventually(async () => (await sessions()).length === 0);
  });

  it('statements end by their time limit, waiting for locks sooner', async () => {
    const holder = await connectMysql(server?.url ?? '');
    const [found] = (await clinic.run('select database() as db')) as { db: string }[];
    await holder.query(`lock tables ${found?.db ?? ''}.appointments write`);
    const quick = await connect(adapter({ statementTimeoutMs: 300 }));
    expect(await codeOf(quick.readRange(whole))).toBe('ClinicTimeout');
    await quick.close();
    const patient = await connect(adapter());
    const began = performance.now();
    expect(await codeOf(patient.readRange(whole))).toBe('ClinicBusy');
    expect(performance.now() - began).toBeLessThan(4 * SECOND);
    await holder.query('unlock tables');
    await ok(patient.readRange(whole));
    await patient.close();
    await holder.end();
  });

  describe('writing', () => {
    const linked = async () => {
      const link = await connect(clinic.adapter());
      if (!link.writer) throw new Error('It does not write.');
      return { link, writer: link.writer };
    };

    it.each([
      [
        'a column that must not be empty',
        'alter table appointments modify patient varchar(40) not null',
        'alter table appointments modify patient varchar(40)',
        {},
      ],
      [
        'a check',
        'alter table appointments add constraint odd check (doctor > 90)',
        'alter table appointments drop constraint odd',
        {},
      ],
      [
        'a unique key',
        'create unique index one on appointments (doctor) ; insert into appointments (doctor, starts, ends) values (5, 1, 2)',
        'drop index one on appointments',
        {},
      ],
      [
        'a foreign key',
        'create table people (name varchar(40) primary key) ; alter table appointments add constraint known foreign key (patient) references people (name)',
        'alter table appointments drop foreign key known; drop table people',
        { patient: SECRET },
      ],
      [
        'a trigger that objects',
        `create trigger objects before insert on appointments for each row signal sqlstate '45000' set message_text = '${SECRET}'`,
        'drop trigger objects',
        {},
      ],
      [
        'a shorter column than told',
        'create trigger longer before insert on appointments for each row set new.patient = repeat(new.patient, 9)',
        'drop trigger longer',
        { patient: SECRET },
      ],
    ])('%s: Unstorable, and nothing is there', async (_what, make, undo, details) => {
      await clinic.run('delete from appointments');
      for (const statement of make.split(' ; ')) await clinic.run(statement);
      const { link, writer } = await linked();
      const answer = await writer.book(
        order(900, { slot: { ...slotOf(900), practitionerId: '5', locationId: null }, details }),
      );
      await link.close();
      for (const statement of undo.split('; ')) await clinic.run(statement);
      expect(answer.isErr() && answer.error.code).toBe('Unstorable');
      expect(answer.isErr() && JSON.stringify(answer.error) + answer.error.message).not.toMatch(
        /Hunter|appointments|insert/i,
      );
      expect((await clinic.rows()).filter(({ token }) => token !== null)).toEqual([]);
      await clinic.run('delete from appointments');
    });

    it('a read-only server and a revoked right: PermissionDenied', async () => {
      const { link, writer } = await linked();
      await clinic.run('set global read_only = 1');
      const refused = await writer.book(order(1));
      await clinic.run('set global read_only = 0');
      expect(refused.isErr() && refused.error.code).toBe('PermissionDenied');
      await clinic.run(`revoke insert on appointments from ${clinic.writer.user}`);
      const revoked = await writer.book(order(1));
      await clinic.run(`grant insert on appointments to ${clinic.writer.user}`);
      expect(revoked.isErr() && revoked.error.code).toBe('PermissionDenied');
      expect((await ok(writer.book(order(1)))).outcome).toBe('booked');
      await link.close();
      await clinic.run('delete from appointments');
    });

    it.skipIf(!isMaria)(
      'a receptionist who writes several rows at once never loses a deadlock to us: we hold nothing while we wait',
      async () => {
        const { link, writer } = await linked();
        const deadlocks = async () => {
          const [row] = (await clinic.run("show global status like 'Innodb_deadlocks'")) as { Value: string }[];
          return Number(row?.Value);
        };
        const before = await deadlocks();
        const [{ db } = { db: '' }] = (await clinic.run('select database() as db')) as { db: string }[];
        const desk = await connectMysql(`${server?.url ?? ''}/${db}`);
        const insert = (nth: number) =>
          `insert into appointments (doctor, starts, ends) values (1, ${slotOf(nth).start}, ${slotOf(nth).end})`;
        for (let nth = 20; nth < 40; nth++) await desk.query(insert(nth));
        for (let round = 0; round < 10; round++) {
          // She holds a row that our guard reads last, and wants gaps that a guard which waits would have locked by then.
          await desk.query('begin');
          await desk.query(insert(50));
          const ours = writer.book(order(50, { token: `token-${round}` }));
          for (let nth = 49; nth >= 40; nth--) await desk.query(insert(nth));
          await desk.query('rollback');
          const booked = await ok(ours);
          expect(booked).toMatchObject({ outcome: 'booked' });
          await clinic.run('delete from appointments where token is not null');
        }
        expect(await deadlocks()).toBe(before);
        await desk.end();
        await link.close();
        await clinic.run('delete from appointments');
      },
    );
  });
});

describe('a MariaDB server that dies or hangs', () => {
  let own: OwnServer | undefined;
  let clinic: MysqlPractice;
  beforeAll(async () => {
    own = await startOwnMysql();
    if (own) clinic = await mysqlPractice(own.url);
  });
  afterAll(async () => {
    await own?.stop();
  });

  it('a killed server ends the link; after its restart it is the same database', async (test) => {
    test.skip(!own, 'no server binaries on this machine');
    const adapter = mysqlAdapter({ connection: clinic.readerUrl, schema: SCHEMA, connectTimeoutMs: 500 });
    const link = await connect(adapter);
    const lost = nextEvent(link.events, 'lost');
    await own?.kill();
    expect((await lost).code).toBe('ClinicUnreachable');
    expect(await codeOf(link.pulse!(never))).toBe('ClinicUnreachable');
    await link.close();
    expect(await codeOf(adapter.connect({ clinicId: 'c', signal: never }))).toBe('ClinicUnreachable');
    await own?.restart();
    const again = await connect(adapter);
    expect(again.identity.database).toBe(link.identity.database);
    expect(BigInt(again.identity.position ?? -1)).toBeGreaterThanOrEqual(BigInt(link.identity.position ?? -1));

    // Hung: the socket stays open and nothing comes.
    await own?.pause();
    const given = new AbortController();
    const asking = again.now(given.signal);
    setTimeout(() => {
      given.abort();
    }, 100);
    expect(await codeOf(asking)).toBe('Aborted');
    const started = performance.now();
    expect(['ClinicUnreachable', 'ClinicTimeout']).toContain(
      await codeOf(adapter.connect({ clinicId: 'd', signal: never })),
    );
    await again.close();
    expect(performance.now() - started).toBeLessThan(5 * SECOND);
    await own?.resume();
  }, 60_000);
});

describe('errors of the driver', () => {
  const of = (errno: number, sqlState = 'HY000') => ({ code: 'ER_X', errno, sqlState });
  it.each([
    [of(1142, '42000'), 'PermissionDenied'],
    [of(1146, '42S02'), 'SchemaMismatch'],
    [of(1064, '42000'), 'SchemaMismatch'],
    [of(1213, '40001'), 'ClinicBusy'],
    [of(1040, '08004'), 'ClinicBusy'],
    [of(1053, '08S01'), 'ClinicUnreachable'],
    [of(1927, '70100'), 'ClinicUnreachable'],
    [of(4031), 'ClinicUnreachable'],
    [of(3024), 'ClinicTimeout'],
    [of(1969, '70100'), 'ClinicTimeout'],
    [of(1045, '28000'), 'ClinicRefused'],
    [of(3159), 'ClinicRefused'],
    [of(1366), 'SchemaMismatch'],
    [of(1180), 'ClinicProtocol'],
    [{ syscall: 'connect', code: 'ECONNREFUSED' }, 'ClinicUnreachable'],
    [{ syscall: 'read', code: 'ECONNRESET' }, 'ClinicUnreachable'],
    [{ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, 'ClinicUnreachable'],
    [{ code: 'PROTOCOL_UNEXPECTED_PACKET' }, 'ClinicProtocol'],
    [{ code: 'ETIMEDOUT' }, 'ClinicTimeout'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'ClinicRefused'],
    [{ code: 'HANDSHAKE_NO_SSL_SUPPORT' }, 'ClinicRefused'],
    [{ code: 'HANDSHAKE_SSL_ERROR' }, 'ClinicRefused'],
    [{ code: 'HANDSHAKE_SSL_ERROR', syscall: 'read' }, 'ClinicUnreachable'],
    [{ code: 'HANDSHAKE_SSL_ERROR', localAddress: undefined }, 'ClinicUnreachable'],
    [{ code: 'HANDSHAKE_SSL_ERROR', library: 'SSL routines', reason: 'unsupported protocol' }, 'ClinicRefused'],
    [{ code: 'HANDSHAKE_SSL_ERROR', library: 'SSL routines', reason: 'wrong version number' }, 'ClinicProtocol'],
    [{ fatal: true }, 'ClinicUnreachable'],
    [{}, 'ClinicProtocol'],
  ])('%j is %s', (fields, code) => {
    const fault = toFault(Object.assign(new Error('secret'), fields));
    expect(fault.code).toBe(code);
    expect(fault.message).not.toContain('secret');
  });

  it.each([1364, 1366, 1406, 3819, 4025])('%i means Unstorable to a statement that writes', (errno) => {
    expect(toFault(of(errno, errno === 1406 ? '22001' : 'HY000'), 'writing').code).toBe('Unstorable');
  });
});
