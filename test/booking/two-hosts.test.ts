/** Two processes of one platform at one clinic, which nobody wants and deploys bring about. */
import { expect, describe, it } from 'vitest';

import { ClinicSync } from '../../src/index.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { outcome, startHost } from './host.js';
import { inSlot, slotOf, type PracticeClinic } from './practice.js';
import { mysqlPractice } from './practice-mysql.js';
import { postgresPractice } from './practice-postgres.js';
import { sqlitePractice } from './practice-sqlite.js';

const server = await sharedPostgres();
const mysql = await sharedMysql();
const SLOTS_WANTED = 100;

const ENGINES = [
  {
    name: 'Postgres',
    url: server?.url,
    open: postgresPractice,
    endOwners: (clinic: PracticeClinic) =>
      clinic.run(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
         and database = (select oid from pg_database where datname = current_database())`),
  },
  {
    name: 'MariaDB',
    url: mysql?.url,
    open: mysqlPractice,
    endOwners: async (clinic: PracticeClinic) => {
      const [owner] = (await clinic.run(`select is_used_lock(concat('clinic-sync:',
        left(sha2(concat(database(), ':lost'), 256), 32))) as id`)) as { id: number }[];
      await clinic.run(`kill connection ${owner?.id}`);
    },
  },
];

describe.each(ENGINES)('two hosts at one $name clinic', ({ url, open, endOwners }) => {
  it.skipIf(url === undefined)('has one owner, and the other takes over when it is gone', async () => {
    const clinic = await open(url ?? '');
    const first = await startHost({ adapter: clinic.adapter(), clinicId: 'shared' });
    const second = new ClinicSync({
      clinicId: 'shared',
      adapter: clinic.adapter(),
      tuning: { retryBaseMs: 50, retryCapMs: 200 },
    });
    const started = await second.start();
    expect(started.isOk() && started.value.lastFault).toBe('ClinicInUse');
    expect(await outcome(second.book({ slot: slotOf(0), idempotencyKey: 'second' }))).toBe('NotLive');
    expect(await outcome(first.sync.book({ slot: slotOf(0), idempotencyKey: 'first' }))).toHaveProperty('row');
    await first.sync.stop();
    await expect.poll(() => second.status.phase, { timeout: 10_000 }).toBe('live');
    expect(await outcome(second.book({ slot: slotOf(0), idempotencyKey: 'second' }))).toBe('SlotTaken');
    expect(await outcome(second.book({ slot: slotOf(1), idempotencyKey: 'next' }))).toHaveProperty('row');
    await second.stop();
    await clinic.dispose();
  });

  it.skipIf(url === undefined)(
    'tells the truth about a booking that is asked for while the lock is being lost',
    async () => {
      const clinic = await open(url ?? '');
      const first = await startHost({ adapter: clinic.adapter(), clinicId: 'lost' });
      // The lock's session ends; a booking is asked for before that has been heard of.
      const ended = endOwners(clinic);
      const asked = outcome(first.sync.book({ slot: slotOf(2), idempotencyKey: 'blind' }));
      await ended;
      const answer = await asked;
      if (typeof answer === 'string') {
        await expect.poll(() => outcome(first.sync.outcome('blind')), { timeout: 20_000 }).not.toBe('InDoubt');
      }
      const final = await outcome(first.sync.outcome('blind'));
      const isBooked = typeof final === 'object' && final.result === 'booked';
      expect(inSlot(await clinic.rows(), slotOf(2)).length).toBe(isBooked ? 1 : 0);
      await first.sync.stop();
      await clinic.dispose();
    },
  );
});

describe('two hosts at one SQLite clinic, each with a copy of its own', () => {
  it('has one winner for each slot', async () => {
    const clinic = await sqlitePractice('wal');
    const hosts = await Promise.all([0, 1].map(() => startHost({ adapter: clinic.adapter() })));
    const told = await Promise.all(
      Array.from({ length: SLOTS_WANTED }, (_, nth) =>
        Promise.all(
          hosts.map(({ sync }, who) => outcome(sync.book({ slot: slotOf(nth), idempotencyKey: `${nth}-${who}` }))),
        ),
      ),
    );
    const rows = await clinic.rows();
    for (const [nth, answers] of told.entries()) {
      const winners = answers.filter((answer) => typeof answer === 'object');
      const losers = answers.filter((answer) => typeof answer === 'string');
      expect([winners.length, losers]).toEqual([1, ['SlotTaken']]);
      expect(inSlot(rows, slotOf(nth))).toHaveLength(1);
    }
    await Promise.all(hosts.map(({ sync }) => sync.stop()));
    await clinic.dispose();
  });
});
