import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import { postgresAdapter, type PostgresOptions } from '../../src/adapters/postgres/index.js';
import { toFault } from '../../src/adapters/postgres/errors.js';
import { parsePostgresUrl } from '../../src/adapters/postgres/options.js';
import { TcpProxy } from '../../src/testing/index.js';
import {
  freshDatabase,
  sharedPostgres,
  startOwnServer,
  type OwnServer,
  type TestDatabase,
} from '../servers/postgres.js';
import { freePort } from '../servers/process.js';
import { at, codeOf, connect, eventually, never, nextEvent, ok } from './kit.js';

const server = await sharedPostgres();
const cutoff = at('2026-11-22T13:00Z');
const whole = { range: { stream: 'busy', from: null, to: null }, cutoff, signal: never } as const;
const appointments = { table: 'appt', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
const schema = { zone: 'Australia/Sydney', appointments };

async function prepare(url: string): Promise<TestDatabase> {
  const database = await freshDatabase(url);
  await database.admin.query('create table appt (id int primary key, p int, s timestamp, e timestamp)');
  await database.admin.query(`grant select on appt to ${database.reader}`);
  return database;
}

/** The server lets go of a session's lock a moment after its client is gone. */
async function onceFree(open: () => ReturnType<ClinicAdapter['connect']>): Promise<ClinicLink> {
  for (const deadline = Date.now() + 5_000; ;) {
    const link = await open();
    if (link.isOk()) return link.value;
    expect(link.error.code).toBe('ClinicInUse');
    expect(Date.now()).toBeLessThan(deadline);
  }
}

describe.skipIf(!server)('what can go wrong with a Postgres clinic', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await prepare(server?.url ?? '');
  });
  afterAll(async () => {
    await database.drop();
  });
  const adapter = (options: Partial<PostgresOptions> = {}) =>
    postgresAdapter({ connection: database.readerUrl, schema, ...options });
  const at_ = (options: Partial<PostgresOptions> = {}) => adapter(options).connect({ clinicId: 'c', signal: never });
  const url = (change: (url: URL) => void) => {
    const changed = new URL(database.readerUrl);
    change(changed);
    return changed.href;
  };
  const backends = async (condition = 'true') => {
    const text = `select pid from pg_stat_activity where usename = $1 and ${condition}`;
    return (await database.admin.query<{ pid: number }>(text, [database.reader])).rows.map(({ pid }) => pid);
  };

  const lockTable = async () => {
    const holder = new Client({ connectionString: database.adminUrl });
    await holder.connect();
    await holder.query('begin; lock table appt');
    return holder;
  };

  it('connecting: each refusal has its code, and its message tells nothing', async () => {
    const port = await freePort();
    const refusals: [string, string][] = [
      [url((u) => (u.password = 'hunter2')), 'ClinicRefused'],
      [url((u) => (u.username = 'nobody_known')), 'ClinicRefused'],
      [url((u) => (u.pathname = '/no_such_database')), 'ClinicRefused'],
      [url((u) => (u.port = String(port))), 'ClinicUnreachable'],
      [url((u) => (u.hostname = 'no-such-host.invalid')), 'ClinicUnreachable'],
      [`${database.readerUrl}?sslmode=require`, 'ClinicRefused'],
    ];
    for (const [connection, code] of refusals) {
      const refused = await at_({ connection });
      expect(refused.isErr() && refused.error.code).toBe(code);
      expect(refused.isErr() && JSON.stringify(refused.error) + refused.error.message).not.toMatch(
        /hunter2|nobody|such/,
      );
    }
  });

  it('passwords may come from a function, for each connection anew', async () => {
    let asked = 0;
    const { password, ...connection } = parsePostgresUrl(database.readerUrl);
    const link = await connect(
      adapter({ connection: { ...connection, password: () => (asked++, Promise.resolve(String(password))) } }),
    );
    try {
      await ok(link.readRange(whole));
      // The owner's, a reader's, and another's where the read did not wait for the first reader, which connects meanwhile.
      await expect.poll(async () => (await backends()).length).toBe(asked);
      expect(asked).toBeGreaterThanOrEqual(2);
    } finally {
      // Its lock would be in the way of every other test.
      await link.close();
    }
  });

  it('one owner: the second is refused until the first has gone, however it went', async () => {
    const first = await ok(at_());
    expect(await codeOf(at_())).toBe('ClinicInUse');
    await ok(
      adapter()
        .connect({ clinicId: 'another', signal: never })
        .andThen((link) => link.close()),
    );
    await first.close();
    const second = await onceFree(at_);
    const lost = nextEvent(second.events, 'lost');
    const [pid] = await backends();
    await database.admin.query('select pg_terminate_backend($1)', [pid]);
    await lost;
    const third = await onceFree(at_);
    await third.close();
    await second.close();
  });

  it.each(['the one that watches', 'one that reads'])('a killed connection, %s, ends the link once', async (which) => {
    const link = await connect(adapter());
    const [owner] = await backends();
    await ok(link.readRange(whole));
    const [reader] = (await backends()).filter((pid) => pid !== owner);
    let lost = 0;
    link.events.on('lost', () => lost++);
    const end = nextEvent(link.events, 'lost');
    await database.admin.query('select pg_terminate_backend($1)', [which.includes('reads') ? reader : owner]);
    expect((await end).code).toBe('ClinicUnreachable');
    await link.close();
    await link.close();
    expect(lost).toBe(1);
    await eventually(async () => (await backends()).length === 0);
  });

  it('closing leaves no connection, also right after connecting was given up', async () => {
    const link = await connect(adapter());
    await Promise.all([ok(link.readRange(whole)), ok(link.openSnapshot!(never))]);
    await link.close();
    for (const delay of [0, 1, 3, 10, 30]) {
      const abort = new AbortController();
      const connecting = adapter().connect({ clinicId: 'c', signal: abort.signal });
      setTimeout(() => {
        abort.abort();
      }, delay);
      const outcome = await connecting;
      if (outcome.isOk()) await outcome.value.close();
      else expect(outcome.error.code).toBe('Aborted');
    }
    await eventually(async () => (await backends()).length === 0);
  });

  it('statements end by their time limit, waiting for locks sooner', async () => {
    const link = await connect(adapter({ statementTimeoutMs: 300 }));
    const holder = await lockTable();
    expect(await codeOf(link.readRange(whole))).toBe('ClinicTimeout');
    await link.close();
    const patient = await connect(adapter());
    expect(await codeOf(patient.readRange(whole))).toBe('ClinicBusy');
    await holder.end();
    await ok(patient.readRange(whole));
    await patient.close();
  });

  it('an aborted read answers at once and takes its connection along, not the link', async () => {
    const link = await connect(adapter());
    let lost = 0;
    link.events.on('lost', () => lost++);
    const holder = await lockTable();
    const abort = new AbortController();
    const reading = link.readRange({ ...whole, signal: abort.signal });
    await eventually(async () => (await backends(`wait_event_type = 'Lock'`)).length === 1);
    abort.abort();
    expect(await codeOf(reading)).toBe('Aborted');
    await holder.end();
    await ok(link.readRange(whole));
    expect(lost).toBe(0);
    await link.close();
  });

  it('never writes, even with a login that could', async () => {
    const link = await connect(adapter({ connection: database.adminUrl }));
    await ok(link.readRange(whole));
    const { rows } = await database.admin.query<{ name: string }>(
      `select distinct application_name as name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([{ name: 'clinic-sync' }]);
    await link.close();
  });
});

describe('a server that dies or hangs', () => {
  let own: OwnServer | undefined;
  let database: TestDatabase;
  beforeAll(async () => {
    own = await startOwnServer();
    if (own) database = await prepare(own.url);
  });
  afterAll(async () => {
    await own?.stop();
  });

  // Its own server, because whatever others commit would end the wait.
  it('a client that dies in the middle of a long wait leaves its place before the wait would have ended', async (test) => {
    test.skip(!own, 'no server binaries on this machine');
    const [{ version } = { version: '' }] = (await database.admin.query<{ version: string }>('select version()')).rows;
    test.skip(!version.includes('linux') || /PostgreSQL (9|1[0-3])\b/.test(version), 'it does not see its clients');
    const through = new URL(database.readerUrl);
    const proxy = await TcpProxy.listen({ host: through.hostname, port: Number(through.port) });
    through.port = String(proxy.port);
    const place = { clinicId: 'place', signal: never };
    const link = await ok(postgresAdapter({ connection: through.href, schema }).connect(place));
    const waiting = codeOf(link.awaitPulse!(await ok(link.pulse!(never)), 20_000, never));
    await eventually(async () => {
      const text = `select 1 from pg_stat_activity where query like 'do $wait$%' and state = 'active'`;
      return (await database.admin.query(text)).rowCount === 1;
    });
    await proxy.close();
    expect(await waiting).toBe('ClinicUnreachable');
    await link.close();
    const next = await onceFree(() => postgresAdapter({ connection: database.readerUrl, schema }).connect(place));
    await ok(next.close());
  });

  it('a killed server ends the link; after its restart it is the same database', async (test) => {
    test.skip(!own, 'no server binaries on this machine');
    const adapter = postgresAdapter({ connection: database.readerUrl, schema, connectTimeoutMs: 500 });
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
    expect(performance.now() - started).toBeLessThan(5_000);
    await own?.resume();
  }, 30_000);
});

describe('errors of the driver', () => {
  it.each([
    [{ severity: 'ERROR', code: '42501' }, 'PermissionDenied'],
    [{ severity: 'ERROR', code: '42P01' }, 'SchemaMismatch'],
    [{ severity: 'ERROR', code: '40001' }, 'ClinicBusy'],
    [{ severity: 'FATAL', code: '53300' }, 'ClinicBusy'],
    [{ severity: 'FATAL', code: '57P01' }, 'ClinicUnreachable'],
    [{ severity: 'FATAL', code: '57P03' }, 'ClinicBusy'],
    [{ severity: 'ERROR', code: '57014' }, 'ClinicTimeout'],
    [{ severity: 'FATAL', code: '28P01' }, 'ClinicRefused'],
    [{ severity: 'ERROR', code: 'XX000' }, 'ClinicProtocol'],
    [{ syscall: 'connect', code: 'ECONNREFUSED' }, 'ClinicUnreachable'],
    [{ syscall: 'read', code: 'ECONNRESET' }, 'ClinicUnreachable'],
    [{ syscall: 'connect', code: 'ETIMEDOUT' }, 'ClinicTimeout'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'ClinicRefused'],
    [{ code: 'CERT_SIGNATURE_FAILURE' }, 'ClinicRefused'],
    [
      { code: 'EPROTO', syscall: 'write', message: 'write EPROTO 40:error:0A00042E:SSL routines::secret' },
      'ClinicRefused',
    ],
    [
      { code: 'EPROTO', syscall: 'write', message: 'write EPROTO 40:error:0A00010B:SSL routines::secret' },
      'ClinicUnreachable',
    ],
    [{}, 'ClinicUnreachable'],
  ])('%j is %s', (fields, code) => {
    expect(toFault(Object.assign(new Error('secret'), fields)).code).toBe(code);
    expect(toFault(Object.assign(new Error('secret'), fields)).message).not.toContain('secret');
  });
});
