/** A connection that dies without a word while others to the same server live, as behind a router that forgets the idle ones. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { DAY, SECOND } from '../../src/domain/instant.js';
import { TcpProxy } from '../../src/testing/index.js';
import { SCHEMA, slotOf } from '../booking/practice.js';
import { mysqlPractice } from '../booking/practice-mysql.js';
import { postgresPractice } from '../booking/practice-postgres.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { never, ok } from './kit.js';

const [postgres, mysql] = [await sharedPostgres(), await sharedMysql()];

/** Longer than a connection is trusted that sends nothing. */
const SLOW_S = 7;
const engines = [
  {
    name: 'postgres',
    url: postgres?.url,
    open: postgresPractice,
    make: postgresAdapter,
    sleep: 'pg_sleep(%) is not null',
  },
  { name: 'mysql', url: mysql?.url, open: mysqlPractice, make: mysqlAdapter, sleep: 'sleep(%) = 0' },
] as const;

describe.each(engines)('$name', ({ url, open, make, sleep }) => {
  const closing: (() => unknown)[] = [];
  let practice: ReturnType<typeof open> | undefined;
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => (await practice)?.dispose());

  const linked = async (port: number | undefined, schema: ClinicSchema) => {
    const clinic = await (practice ??= open(url ?? ''));
    const reached = new URL(clinic.readerUrl);
    if (port !== undefined) reached.port = String(port);
    const link = await ok(make({ connection: reached.href, schema }).connect({ clinicId: 'c', signal: never }));
    closing.push(() => link.close());
    return link;
  };
  const whole = { range: { stream: 'busy', from: null, to: null }, cutoff: Date.now() - DAY, signal: never } as const;

  it.skipIf(url === undefined)('a read whose answer does not come ends long before a read may', async () => {
    const server = new URL(url ?? '');
    const proxy = await TcpProxy.listen({ host: server.hostname, port: Number(server.port) });
    closing.push(() => proxy.close());
    const link = await linked(proxy.port, SCHEMA);
    expect((await ok(link.readRange(whole))).records).toEqual([]);
    const held = proxy.hold('toClient', 'c3');
    const began = performance.now();
    const read = await link.readRange(whole);
    await held.caught;
    expect(read.isErr() && read.error.code).toBe('ClinicTimeout');
    expect(performance.now() - began).toBeLessThan(10 * SECOND);
    held.release();
  });

  it.skipIf(url === undefined)('a read that the server takes long for is waited for', async () => {
    const clinic = await (practice ??= open(url ?? ''));
    await clinic.insert(slotOf(1));
    await clinic.run(
      `create view slow as select id, doctor, starts, ends from appointments where ${sleep.replace('%', String(SLOW_S))}`,
    );
    await clinic.run(`grant select on slow to ${clinic.reader}`);
    const { booking: _booking, ...columns } = SCHEMA.appointments;
    const link = await linked(undefined, { zone: SCHEMA.zone, appointments: { ...columns, table: 'slow' } });
    const began = performance.now();
    expect((await ok(link.readRange(whole))).records).toHaveLength(1);
    expect(performance.now() - began).toBeGreaterThan(SLOW_S * SECOND - 100);
  });
});
