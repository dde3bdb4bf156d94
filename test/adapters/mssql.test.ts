/** What can be proven of SQL Server's adapter without a server: what it writes, and what it makes of endings. */
import { createServer, type Server, type Socket } from 'node:net';

import fc from 'fast-check';
import { type sql } from 'kysely';
import { Connection } from 'tedious';
import { afterAll, describe, expect, it } from 'vitest';

import { kyselyOver } from '../../src/adapters/mssql/dialect.js';
import { MSSQL_ENGINE } from '../../src/adapters/mssql/engine.js';
import { againAfter, toFault } from '../../src/adapters/mssql/errors.js';
import { mssqlAdapter } from '../../src/adapters/mssql/index.js';
import { INSTANT_AXIS } from '../../src/adapters/sql/time/axis.js';
import { parseMssqlUrl, resolveMssqlOptions } from '../../src/adapters/mssql/options.js';
import { literal } from '../../src/adapters/mssql/text.js';
import { nextTick } from '../../src/adapters/mssql/ticks.js';
import { column } from '../../src/adapters/sql/source.js';
import { SCHEMA } from '../booking/practice.js';
import { check } from '../property.js';
import { freePort } from '../servers/process.js';
import { never } from './kit.js';

const nobody = kyselyOver(new Connection({ server: 'nowhere.invalid' }));
const written = (expression: ReturnType<typeof sql>) => expression.compile(nobody).sql;

/** How T-SQL reads a literal back: quotes doubled, a backslash before the end of a line swallowed with it. */
function read(text: string): string {
  return [...text.matchAll(/N'((?:[^']|'')*)'/gs)]
    .map(([, inside = '']) => inside.replace(/\\\r?\n/g, '').replaceAll("''", "'"))
    .join('');
}

describe('what is written', () => {
  it('texts are read back as they were', () => {
    check(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(read(literal(text))).toBe(text);
      }),
    );
  });

  it('a backslash before the end of a line survives', () => {
    for (const text of ['a\\\nb', 'a\\\r\nb', '\\\n', "'\\\n'"]) expect(read(literal(text))).toBe(text);
  });

  it('a constant for datetime is the least value of that type at or after the instant', () => {
    // 300 ticks a second, shown rounded to ms: what the documentation says, computed another way.
    const shown = (tick: number) => Math.round((tick * 10) / 3);
    check(
      fc.property(fc.integer(), (instant) => {
        let tick = Math.floor((instant * 3) / 10) - 2;
        while (shown(tick) < instant) tick++;
        expect(nextTick('datetime', instant)).toBe(shown(tick));
      }),
    );
  });

  it('constants have the type of their column, so that an index is used', () => {
    const when = Date.UTC(2026, 10, 24, 9, 30, 0, 1);
    const from = (type: string, time: 'utc' | 'instant' | 'epoch-s') => {
      const bound = MSSQL_ENGINE.stamp(column('s'), type, { form: time, separator: ' ' }, INSTANT_AXIS);
      if ('rule' in bound) return bound.rule;
      return written(bound.from(when));
    };
    expect(from('datetime', 'utc')).toBe(`("t"."s" >= cast(N'2026-11-24T09:30:00.003' as datetime))`);
    expect(from('datetime2', 'utc')).toBe(`("t"."s" >= cast(N'2026-11-24T09:30:00.001' as datetime2(3)))`);
    expect(from('smalldatetime', 'utc')).toBe(`("t"."s" >= cast(N'2026-11-24T09:31:00' as smalldatetime))`);
    expect(from('datetimeoffset', 'instant')).toContain(`N'2026-11-24T09:30:00.001+00:00' as datetimeoffset(3)`);
    expect(from('bigint', 'epoch-s')).toBe(`("t"."s" >= ${String(Math.ceil(when / 1000))})`);
    expect(from('date', 'utc')).toContain("'utc' wants");
    const among = (type: string, ids: string[]) => written(MSSQL_ENGINE.isOneOf(column('id'), type, ids));
    expect(among('varchar', ["o'b"])).toContain(`"t"."id" in ('o''b')`);
    expect(among('varchar', ['é'])).toContain(`cast("t"."id" as nvarchar(4000)) in (N'é')`);
    expect(among('nvarchar', ['é'])).toBe(`"t"."id" in (N'é')`);
    expect(among('int', ['7', '7 apples', '1; drop table t'])).toBe(`"t"."id" in (7)`);
    expect(among('uniqueidentifier', ['x'])).toBe('1 = 0');
    expect(among('varbinary', ['0aff', 'x'])).toBe(`"t"."id" in (0x0aff)`);
  });
});

describe('options', () => {
  it('reads URLs and refuses what cannot be meant, without a word of the password', () => {
    expect(parseMssqlUrl('sqlserver://u:p%40@db.example/clinic')).toEqual({
      host: 'db.example',
      database: 'clinic',
      user: 'u',
      password: 'p@',
    });
    expect(parseMssqlUrl('mssql://u@db.example/clinic?encrypt=false')).toMatchObject({ tls: 'off' });
    expect(parseMssqlUrl('mssql://u@db.example/clinic?encrypt=strict')).toMatchObject({ tls: 'verify' });
    expect(() => parseMssqlUrl('postgres://u:hunter2@db.example/clinic')).toThrow(/^(?!.*hunter2).*mssql:\/\//);
    const connection = { host: 'h', database: 'd', user: 'u', instance: 'BPSINSTANCE' };
    expect(resolveMssqlOptions({ connection, schema: SCHEMA }).connection).toMatchObject({
      tls: 'verify',
      ...connection,
    });
    expect(() => mssqlAdapter({ connection: { ...connection, port: 1 }, schema: SCHEMA })).toThrow('instance');
  });
});

describe('what goes wrong', () => {
  const opened: { server: Server; sockets: Socket[] }[] = [];
  afterAll(() => {
    for (const { server, sockets } of opened) {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
  const listener = async (onSocket: (socket: Socket) => void) => {
    const sockets: Socket[] = [];
    const port = await freePort();
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      sockets.push(socket);
      onSocket(socket);
    });
    opened.push({ server, sockets });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return { port, sockets };
  };
  const connectTo = (host: string, port: number, signal = never, tls: 'off' | 'verify' = 'off') =>
    mssqlAdapter({
      connection: { host, port, database: 'clinic', user: 'reader', password: 'hunter2', tls },
      schema: SCHEMA,
      connectTimeoutMs: 300,
    }).connect({ clinicId: 'c', signal });

  it('nobody there, another protocol, silence: each has its code', async () => {
    const closing = await listener((socket) => socket.end());
    const garbage = await listener((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const silent = await listener(() => undefined);
    const endings: [string, number, RegExp][] = [
      ['127.0.0.1', await freePort(), /^ClinicUnreachable$/],
      ['no-such-host.invalid', 1433, /^ClinicUnreachable$/],
      ['127.0.0.1', closing.port, /^ClinicUnreachable$/],
      ['127.0.0.1', garbage.port, /^Clinic(Protocol|Unreachable|Timeout)$/],
      ['127.0.0.1', silent.port, /^ClinicTimeout$/],
    ];
    for (const [host, port, code] of endings) {
      const refused = await connectTo(host, port);
      expect(refused.isErr() && refused.error.code, `${host}:${String(port)}`).toMatch(code);
      expect(refused.isErr() && refused.error.message + JSON.stringify(refused.error)).not.toMatch(/hunter2|invalid/);
    }
  });

  it('a server that does not encrypt is refused, for good, before it is told who we are', async () => {
    // PRELOGIN's answer ([MS-TDS] 2.2.6.5): a version, and that encryption is not to be had.
    const options = [0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff];
    const answer = Buffer.from([0x04, 0x01, 0, 26, 0, 0, 1, 0, ...options, 16, 0, 0, 0, 0, 0, 2]);
    const told: Buffer[] = [];
    const { port } = await listener((socket) => {
      socket.on('data', (bytes: Buffer) => {
        told.push(bytes);
        if (told.length === 1) socket.write(answer);
      });
    });
    const refused = await connectTo('127.0.0.1', port, never, 'verify');
    expect(refused.isErr() && refused.error).toMatchObject({ code: 'ClinicRefused', driverCode: 'EENCRYPT' });
    const said = Buffer.concat(told).toString('latin1').replaceAll('\0', '');
    expect(told).toHaveLength(1);
    expect(said).not.toMatch(/reader|clinic|hunter2/);
  });

  it('gives up at once when told to, and leaves nothing open', async () => {
    const { port, sockets } = await listener(() => undefined);
    const aborting = new AbortController();
    const connecting = connectTo('127.0.0.1', port, aborting.signal);
    setTimeout(() => aborting.abort(), 50);
    const refused = await connecting;
    expect(refused.isErr() && refused.error.code).toBe('Aborted');
    const [socket] = sockets;
    await new Promise<void>((resolve) => (socket?.destroyed ? resolve() : socket?.once('close', () => resolve())));
  });

  it("the server's numbers mean what they say, and depend on what was being done", () => {
    const coded = (number: number, during?: 'reading' | 'writing') =>
      toFault(Object.assign(new Error('Mrs Hunter2'), { code: 'EREQUEST', number }), during);
    const meanings: [number, string, string][] = [
      [229, 'PermissionDenied', 'PermissionDenied'],
      [207, 'SchemaMismatch', 'SchemaMismatch'],
      [1205, 'ClinicBusy', 'ClinicBusy'],
      [1222, 'ClinicBusy', 'ClinicBusy'],
      [2627, 'SchemaMismatch', 'Unstorable'],
      [2628, 'SchemaMismatch', 'Unstorable'],
      [50000, 'ClinicProtocol', 'Unstorable'],
      [3609, 'SchemaMismatch', 'Unstorable'],
      [3906, 'PermissionDenied', 'PermissionDenied'],
      [9002, 'ClinicBusy', 'ClinicBusy'],
      [18456, 'ClinicRefused', 'ClinicRefused'],
      [6005, 'ClinicUnreachable', 'ClinicUnreachable'],
      [102, 'ClinicProtocol', 'ClinicProtocol'],
    ];
    for (const [number, reading, writing] of meanings) {
      expect(coded(number).code, String(number)).toBe(reading);
      expect(coded(number, 'writing').code, String(number)).toBe(writing);
      expect(coded(number).message).not.toContain('Hunter2');
    }
    expect(againAfter(new AggregateError([Object.assign(new Error(), { number: 1205 })]))).toBe('at-once');
    const wrapped = new Error('x', { cause: Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' }) });
    expect(toFault(Object.assign(wrapped, { code: 'ESOCKET' })).code).toBe('ClinicRefused');
    expect(toFault(Object.assign(new Error(), { code: 'ELOGIN', isTransient: true })).code).toBe('ClinicBusy');
    expect(toFault(Object.assign(new Error(), { code: 'ELOGIN' })).code).toBe('ClinicRefused');
  });
});
