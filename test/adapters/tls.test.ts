/** TLS with real servers whose certificates are of an authority that lives for this test. */
import { connect as dial } from 'node:net';
import { rootCertificates } from 'node:tls';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { resolveMssqlOptions } from '../../src/adapters/mssql/options.js';
import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { resolveMysqlOptions } from '../../src/adapters/mysql/options.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { resolvePostgresOptions } from '../../src/adapters/postgres/options.js';
import type { SqlConnection } from '../../src/adapters/sql/connection.js';
import { DAY } from '../../src/domain/instant.js';
import { TcpProxy } from '../../src/testing/index.js';
import { SCHEMA, slotOf, type PracticeClinic } from '../booking/practice.js';
import { mysqlPractice } from '../booking/practice-mysql.js';
import { postgresPractice } from '../booking/practice-postgres.js';
import { makeAuthority, type Authority } from '../servers/certificates.js';
import { impostor, wiretap, type Asking } from '../servers/listeners.js';
import { startOwnMysql } from '../servers/mysql.js';
import { startOwnServer } from '../servers/postgres.js';
import type { OwnServer } from '../servers/process.js';
import { never, ok } from './kit.js';

/** In no certificate but ours, and in no resolver at all. */
const HOST = 'clinic.test';

interface Engine {
  readonly users: readonly string[];
  start(settings?: readonly string[]): Promise<OwnServer | undefined>;
  readonly withTls: (files: { readonly cert: string; readonly key: string }) => string[];
  /** TLS of twenty years ago. */
  readonly old: readonly string[];
  readonly without: readonly string[];
  open(url: string): Promise<PracticeClinic & { readonly reader: string; readonly readerUrl: string }>;
  make(connection: SqlConnection): ClinicAdapter;
  asking(port: number): Promise<Asking>;
  /** What goes to a server that has no TLS, in bytes: the question for it. */
  readonly askingBytes: number;
}

const engines: Readonly<Record<'postgres' | 'mysql', Engine>> = {
  postgres: {
    users: ['postgres', 'nobody'],
    start: startOwnServer,
    withTls: ({ cert, key }) => ['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`],
    old: ['ssl_min_protocol_version=TLSv1', 'ssl_max_protocol_version=TLSv1.1'],
    without: ['ssl=off'],
    open: postgresPractice,
    make: (connection) => postgresAdapter({ connection, schema: SCHEMA }),
    asking: async () => ({ greeting: Buffer.alloc(0), question: () => 8, yes: 'S' }),
    askingBytes: 8,
  },
  mysql: {
    users: ['mysql', 'nobody'],
    start: startOwnMysql,
    withTls: ({ cert, key }) => [`--ssl-cert=${cert}`, `--ssl-key=${key}`],
    old: ['--tls-version=TLSv1.1'],
    without: ['--skip-ssl'],
    open: mysqlPractice,
    make: (connection) => mysqlAdapter({ connection, schema: SCHEMA }),
    asking: async (port) => ({
      greeting: await greetingOf(port),
      question: (bytes) => 4 + bytes.readUIntLE(0, 3),
      yes: '',
    }),
    askingBytes: 0,
  },
};

/** What a server says first. */
function greetingOf(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (bytes) => {
      resolve(bytes);
      socket.destroy();
    });
  });
}

const authorities: Authority[] = [];
afterAll(() => Promise.all(authorities.map((each) => each.dispose())));

async function newAuthority(subject?: string): Promise<Authority | undefined> {
  const made = await makeAuthority(subject);
  if (made) authorities.push(made);
  return made;
}

const authority = await newAuthority();

describe.skipIf(!authority).each(Object.entries(engines))('TLS: %s', (name, engine) => {
  const { ca, issue } = authority ?? ({} as Authority);
  const servers: OwnServer[] = [];
  const closing: (() => unknown)[] = [];
  let clinic: Awaited<ReturnType<Engine['open']>> | undefined;
  let files: { readonly cert: string; readonly key: string };
  let port = 0;

  const start = async (settings: readonly string[]) => {
    const server = await engine.start(settings);
    if (server) servers.push(server);
    return server && Number(new URL(server.url).port);
  };
  beforeAll(async () => {
    files = await (await issue(`DNS:${HOST},IP:127.0.0.1`)).filesFor(engine.users);
    port = (await start(engine.withTls(files))) ?? 0;
    if (servers[0]) clinic = await engine.open(servers[0].url);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await clinic?.dispose();
    for (const server of servers) await server.stop();
  });

  const theClinic = (skip: (note: string) => never) => clinic ?? skip('no server of our own to be had');
  /** To the clinic's own name, by way of loopback. */
  const adapter = ({ to = port, ...rest }: Partial<SqlConnection> & { readonly to?: number }) => {
    const { username: user, password, pathname } = new URL(clinic?.readerUrl ?? '');
    const route = () => ({ host: '127.0.0.1', port: to });
    return engine.make({ host: HOST, database: pathname.slice(1), user, password, ca, route, ...rest });
  };
  const refusal = async (options: Parameters<typeof adapter>[0]) => {
    const refused = await adapter(options).connect({ clinicId: 'c', signal: never });
    if (refused.isOk()) await refused.value.close();
    return refused.isErr() ? refused.error : expect.fail('It connected.');
  };
  const listening = async <T extends { close(): unknown }>(opening: Promise<T>): Promise<T> => {
    const listener = await opening;
    closing.push(() => listener.close());
    return listener;
  };

  it('the right name, of an authority that is trusted: all that goes over the wire is encrypted', async ({ skip }) => {
    const there = theClinic(skip);
    await there.insert(slotOf(1));
    const wire = await listening(wiretap(port));
    const link = await ok(adapter({ to: wire.port }).connect({ clinicId: 'c', signal: never }));
    closing.push(() => link.close());
    const whole = { range: { stream: 'busy', from: null, to: null }, cutoff: Date.now() - DAY, signal: never } as const;
    expect((await ok(link.readRange(whole))).records).toHaveLength(1);
    const said = wire.told.toString('latin1');
    expect(said).toContain(HOST);
    expect(said).not.toMatch(new RegExp(`${there.reader}|select`, 'i'));
    const { findings } = await ok(adapter({}).describe!(never));
    const encryption = findings.filter(({ topic }) => topic === 'encryption');
    expect(encryption).toEqual([{ topic: 'encryption', found: expect.stringMatching(/is encrypted \(.*TLS/) }]);
  });

  it('an authority that is not trusted, another name, a time that has passed: refused, for good, in words', async ({
    skip,
  }) => {
    theClinic(skip);
    const other = await newAuthority('somebody-else');
    const namesake = await newAuthority();
    const late = await start(engine.withTls(await (await issue(`DNS:${HOST}`, -1)).filesFor(engine.users)));
    const ways: [string, Parameters<typeof adapter>[0]][] = [
      ['of an authority that nobody was told of', { ca: rootCertificates.join('\n') }],
      ['of another authority', { ca: other?.ca ?? '' }],
      ['of another authority of the same name', { ca: namesake?.ca ?? '' }],
      ['for another name', { host: 'elsewhere.test' }],
      ['for a name above it', { host: `db.${HOST}` }],
      ['of another time', { to: late ?? 0 }],
    ];
    for (const [what, options] of ways) {
      const { code, retryable, message } = await refusal(options);
      expect([what, code, retryable]).toEqual([what, 'ClinicRefused', false]);
      expect(message).toContain("The server's certificate is not valid");
    }
  });

  it.skipIf(name === 'mysql')('an address is verified too, where the driver can', async ({ skip }) => {
    theClinic(skip);
    const link = await adapter({ host: '127.0.0.1', tls: 'verify' }).connect({ clinicId: 'c', signal: never });
    await (await ok(link)).close();
    expect((await refusal({ host: '127.0.0.2', tls: 'verify' })).code).toBe('ClinicRefused');
  });

  it('unverified: any certificate is taken, and describe() says so', async ({ skip }) => {
    theClinic(skip);
    const any = adapter({ host: 'elsewhere.test', ca: '', tls: 'unverified' });
    await (await ok(any.connect({ clinicId: 'c', signal: never }))).close();
    const { findings } = await ok(any.describe!(never));
    const [encryption] = findings.filter(({ topic }) => topic === 'encryption');
    expect(encryption?.found).toContain('is encrypted');
    expect(encryption?.better?.gain).toContain("connection.tls: 'verify'");
  });

  it('an impostor is told nothing where its certificate is verified', async ({ skip }) => {
    theClinic(skip);
    const own = await newAuthority();
    const asking = await engine.asking(port);
    const pretender = await listening(impostor(asking, await own!.issue(`DNS:${HOST}`)));
    expect((await refusal({ to: pretender.port })).code).toBe('ClinicRefused');
    expect(pretender.told.toString()).toBe('');
    // It would have been told, had it been believed.
    await refusal({ to: pretender.port, tls: 'unverified' });
    expect(pretender.told.toString()).toContain(clinic?.reader);
  });

  it('a server without TLS is refused, for good, and is told nothing but the question', async ({ skip }) => {
    theClinic(skip);
    const plain = await start(engine.without);
    for (const tls of ['verify', 'unverified'] as const) {
      const wire = await listening(wiretap(plain ?? 0));
      const { code, message } = await refusal({ to: wire.port, tls });
      expect([code, message]).toEqual(['ClinicRefused', 'The server has no TLS, and connection.tls asks for it.']);
      expect(wire.told).toHaveLength(engine.askingBytes);
    }
  });

  it('a server that knows TLS of another age alone is refused, for good, in words', async ({ skip }) => {
    theClinic(skip);
    const old = await start([...engine.withTls(files), ...engine.old]);
    const { code, message } = await refusal({ to: old ?? 0 });
    expect([code, message]).toEqual(['ClinicRefused', 'The server and we know no way of TLS in common.']);
  });

  it.for(['cut', 'reset'] as const)('a connection that is %s while TLS begins is no refusal', async (how, { skip }) => {
    theClinic(skip);
    const proxy = await listening(TcpProxy.listen({ host: '127.0.0.1', port }));
    const hello = proxy.hold('toServer', HOST);
    const refused = refusal({ to: proxy.port });
    await hello.caught;
    proxy[how]();
    expect(await refused).toMatchObject({ code: 'ClinicUnreachable', retryable: true });
    hello.release();
  });
});

describe('TLS, where nothing is said of it', () => {
  const schema = SCHEMA;
  const resolved = (connection: SqlConnection & { readonly instance?: string }) =>
    [resolvePostgresOptions, resolveMysqlOptions, resolveMssqlOptions].map(
      (resolve) => resolve({ connection, schema }).connection.tls,
    );
  const login = { database: 'd', user: 'u' };

  it.each(['db.clinic.example', 'localhost.clinic.example', '127.0.0.1.clinic.example', 'xlocalhost'])(
    'to %s it is verified',
    (host) => {
      expect(resolved({ ...login, host })).toEqual(['verify', 'verify', 'verify']);
    },
  );

  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '/var/run/server.sock'])('to %s it is off', (host) => {
    expect(resolved({ ...login, host })).toEqual(['off', 'off', 'off']);
    expect(resolved({ ...login, host, tls: 'unverified' })).toEqual(['unverified', 'unverified', 'unverified']);
  });

  it.each(['10.1.2.3', '128.0.0.1', '2001:db8::1'])('to %s it is verified, where the driver can', (host) => {
    expect(resolvePostgresOptions({ connection: { ...login, host }, schema }).connection.tls).toBe('verify');
    expect(resolveMssqlOptions({ connection: { ...login, host }, schema }).connection.tls).toBe('verify');
    expect(() => resolveMysqlOptions({ connection: { ...login, host }, schema })).toThrow(/connection\.host must be/);
    const unverified = resolveMysqlOptions({ connection: { ...login, host, tls: 'unverified' }, schema });
    expect(unverified.connection.tls).toBe('unverified');
  });

  it('a way to loopback is no loopback', () => {
    const route = () => ({ host: '127.0.0.1', port: 1 });
    expect(resolved({ ...login, host: 'db.clinic.example', route })).toEqual(['verify', 'verify', 'verify']);
  });
});
