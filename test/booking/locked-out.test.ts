/** A login that may write, locked out while a booking of its is in doubt: the clinic is there all the same. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { SECOND } from '../../src/domain/instant.js';
import type { ClinicSync } from '../../src/index.js';
import { TcpProxy } from '../../src/testing/index.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { outcome, startHost } from './host.js';
import { inSlot, slotOf, type PracticeClinic } from './practice.js';
import { mysqlPractice } from './practice-mysql.js';
import { postgresPractice } from './practice-postgres.js';

interface Clinic extends PracticeClinic {
  readonly writer: { readonly user: string };
}

interface Engine {
  readonly name: string;
  readonly url: string | undefined;
  open(url: string): Promise<Clinic>;
  /** What only a booking's statement has in it. */
  readonly statement: string;
  lock(clinic: Clinic, locked: boolean): Promise<unknown>;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'postgres',
    url: (await sharedPostgres())?.url,
    open: postgresPractice,
    statement: 'with made as (insert into',
    lock: ({ run, writer }, locked) => run(`alter role ${writer.user} ${locked ? 'nologin' : 'login'}`),
  },
  {
    name: 'mysql',
    url: (await sharedMysql())?.url,
    open: mysqlPractice,
    statement: 'insert into `',
    lock: ({ run, writer }, locked) => run(`alter user ${writer.user}@'%' account ${locked ? 'lock' : 'unlock'}`),
  },
];

describe.each(ENGINES)('a login that is locked out, on $name', ({ url, open, statement, lock }) => {
  let running: ClinicSync | undefined;
  let proxy: TcpProxy | undefined;
  let clinic: Clinic | undefined;
  afterEach(async () => {
    await running?.stop();
    await proxy?.close();
  });
  afterAll(() => clinic?.dispose());

  it.skipIf(url === undefined)('keeps its booking in doubt, and nobody offline', { timeout: 60_000 }, async () => {
    clinic = await open(url ?? '');
    const { hostname, port } = new URL(url ?? '');
    const road = (proxy = await TcpProxy.listen({ host: hostname, port: Number(port) }));
    const adapter = clinic.adapter({ port: road.port });
    const tuning = { writeDeadlineMs: SECOND, requestTimeoutMs: SECOND };
    const { sync, ofType, untilTold } = await startHost({ adapter, tuning });
    running = sync;

    const request = { slot: slotOf(1), idempotencyKey: 'locked' };
    const held = road.hold('toServer', statement);
    expect(await outcome(sync.book(request))).toBe('InDoubt');
    await held.caught;
    await lock(clinic, true);
    road.reset();
    held.release();
    await untilTold('connection.lost');
    await expect.poll(() => sync.status.phase, { timeout: 20_000 }).toBe('live');

    // It stays so, and hears of what happens.
    const lost = ofType('connection.lost').length;
    const id = await clinic.insert(slotOf(2));
    await expect.poll(() => ofType('appointment.created').map(({ row }) => row.id)).toContain(id);
    await new Promise((resolve) => setTimeout(resolve, 3 * SECOND));
    expect([sync.status.phase, ofType('connection.lost').length]).toEqual(['live', lost]);
    expect(await outcome(sync.outcome('locked'))).toBe('InDoubt');

    await lock(clinic, false);
    await untilTold('request.settled');
    expect(await outcome(sync.book(request))).toBe('NotMade');
    expect(inSlot(await clinic.rows(), slotOf(1))).toEqual([]);
  });
});
