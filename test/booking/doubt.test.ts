/** Bookings whose answer, or whose statement, does not arrive: on real servers, through a road that keeps packets back. */
import { copyFile, rename } from 'node:fs/promises';

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
import { sqlitePractice } from './practice-sqlite.js';

const postgres = await sharedPostgres();
const mysql = await sharedMysql();
let running: ClinicSync | undefined;
let proxy: TcpProxy | undefined;
afterEach(async () => {
  await running?.stop();
  await proxy?.close();
});

interface Engine {
  readonly name: string;
  readonly url: string | undefined;
  open(url: string): Promise<PracticeClinic>;
  /** What only a booking's statement has in it, and what only the server's answer to one has. */
  readonly statement: string;
  readonly answer: string;
  /** Ends what reads, as a fault of the network does, and leaves the connection alone that a statement is on its way on. */
  cutReaders(clinic: PracticeClinic): Promise<unknown>;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'postgres',
    url: postgres?.url,
    open: postgresPractice,
    statement: 'with made as (insert into',
    answer: 'may\0',
    cutReaders: (clinic) =>
      clinic.run(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and usename like 'reader%'`),
  },
  {
    name: 'mysql',
    url: mysql?.url,
    open: mysqlPractice,
    statement: 'insert into `',
    answer: '\x04made',
    cutReaders: async (clinic) => {
      const sessions = await clinic.run(
        "select id as id from information_schema.processlist where db = database() and user like 'reader%'",
      );
      for (const { id } of sessions as { id: number }[])
        await clinic.run(`kill connection ${id}`).catch(() => undefined);
    },
  },
];

describe.each(ENGINES)('$name', ({ url, open, statement: STATEMENT, answer: ANSWER, cutReaders }) => {
  const target = new URL(url ?? 'tcp://127.0.0.1:1');
  let clinic: PracticeClinic | undefined;
  afterAll(() => clinic?.dispose());

  async function behindProxy() {
    clinic ??= await open(url ?? '');
    proxy = await TcpProxy.listen({ host: target.hostname, port: Number(target.port) });
    const adapter = clinic.adapter({ port: proxy.port });
    const host = await startHost({ adapter, tuning: { writeDeadlineMs: SECOND, requestTimeoutMs: 2 * SECOND } });
    running = host.sync;
    return { ...host, clinic, proxy };
  }

  describe.skipIf(url === undefined)('a booking’s statement that is kept back', () => {
    it('past our settlement and a retry inserts nothing when it arrives', { timeout: 60_000 }, async () => {
      const { sync, proxy, clinic, untilTold } = await behindProxy();
      const request = { slot: slotOf(1), idempotencyKey: 'late-1' };
      const held = proxy.hold('toServer', STATEMENT);
      expect(await outcome(sync.book(request))).toBe('InDoubt');
      await held.caught;
      await untilTold('request.settled');
      expect(await outcome(sync.book(request))).toBe('NotMade');
      held.release();
      await expect.poll(() => proxy.openConnections).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, SECOND));
      expect(inSlot(await clinic.rows(), slotOf(1))).toEqual([]);
      expect(await outcome(sync.book({ ...request, idempotencyKey: 'late-1b' }))).toMatchObject({
        idempotencyKey: 'late-1b',
      });
      expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
    });

    it('past our reconnect as well', { timeout: 60_000 }, async () => {
      const { sync, proxy, clinic, untilTold } = await behindProxy();
      const request = { slot: slotOf(2), idempotencyKey: 'late-2' };
      const held = proxy.hold('toServer', STATEMENT);
      const asked = outcome(sync.book(request));
      await held.caught;
      await cutReaders(clinic);
      expect(await asked).toBe('InDoubt');
      await untilTold('resync.completed');
      await untilTold('request.settled');
      expect(await outcome(sync.book(request))).toBe('NotMade');
      held.release();
      await new Promise((resolve) => setTimeout(resolve, SECOND));
      expect(inSlot(await clinic.rows(), slotOf(2))).toEqual([]);
    });

    it('but not past its deadline is found by the settlement', { timeout: 60_000 }, async () => {
      const { sync, proxy, clinic, untilTold } = await behindProxy();
      const request = { slot: slotOf(3), idempotencyKey: 'late-3' };
      const held = proxy.hold('toServer', STATEMENT);
      const reply = proxy.hold('toClient', ANSWER);
      const asked = outcome(sync.book(request));
      await held.caught;
      held.release();
      expect(await asked).toBe('InDoubt');
      await untilTold('request.settled');
      expect(await outcome(sync.outcome('late-3'))).toMatchObject({ result: 'booked' });
      expect(await outcome(sync.book(request))).toMatchObject({ idempotencyKey: 'late-3' });
      expect(inSlot(await clinic.rows(), slotOf(3))).toHaveLength(1);
      reply.release();
    });
  });

  describe.skipIf(url === undefined)('an answer that is lost after the commit', () => {
    it.each(['cut', 'reset', 'garbage', 'truncate'] as const)('%s: one row, and the right answer', async (fault) => {
      const { sync, proxy, clinic, untilTold, events } = await behindProxy();
      const nth = 10 + ['cut', 'reset', 'garbage', 'truncate'].indexOf(fault);
      const request = { slot: slotOf(nth), idempotencyKey: `lost-${fault}` };
      const reply = proxy.hold('toClient', ANSWER);
      const asked = outcome(sync.book(request));
      await reply.caught;
      events.length = 0;
      // The answer itself is spoilt, or its connection ends.
      proxy[fault]();
      reply.release();
      expect(await asked).toBe('InDoubt');
      await untilTold('request.settled');
      expect(await outcome(sync.book(request))).toMatchObject({ idempotencyKey: request.idempotencyKey });
      expect(inSlot(await clinic.rows(), slotOf(nth))).toHaveLength(1);
    });
  });
});

describe('a backup that was restored', () => {
  it('sqlite: names the acknowledged booking that it has lost', async () => {
    const practice = await sqlitePractice('delete');
    const { sync, ofType, untilTold } = await startHost({ adapter: practice.adapter() });
    await copyFile(practice.path, `${practice.path}.backup`);
    expect(await outcome(sync.book({ slot: slotOf(1), idempotencyKey: 'lost' }))).toMatchObject({});
    await rename(`${practice.path}.backup`, practice.path);
    await untilTold('appointment.deleted');
    expect(ofType('appointment.deleted')).toMatchObject([{ bookingId: 'lost', cause: 'resync' }]);
    expect(ofType('resync.started')).toContainEqual(
      expect.objectContaining({ reason: 'identity-changed', possibleConflict: true }),
    );
    await sync.stop();
    await practice.dispose();
  });
});
