import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ClinicLink } from '../../src/adapters/adapter.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { freshDatabase, sharedPostgres, startOwnServer, type TestDatabase } from '../servers/postgres.js';
import { at, byId, connect, eventually, never, ok } from './kit.js';

// One of its own, where this machine can start one: the pulse moves with every clinic of a server, and other tests never rest.
const own = await startOwnServer(['max_prepared_transactions=5']);
const server = own ?? (await sharedPostgres());
const cutoff = at('2026-11-22T13:00Z');
const whole = { range: { stream: 'busy', from: null, to: null }, cutoff, signal: never } as const;

describe.skipIf(!server)('the pulse of a Postgres clinic', () => {
  let database: TestDatabase;
  let link: ClinicLink;
  const extra: Client[] = [];
  const client = async () => {
    const another = new Client({ connectionString: database.adminUrl });
    extra.push(another);
    await another.connect();
    return another;
  };
  const insert = (id: number) => `insert into appt values (${String(id)}, 1, '2026-11-23 09:00', '2026-11-23 09:15')`;
  const ids = async () => byId((await ok(link.readRange(whole))).records);
  const pulse = () => ok(link.pulse!(never));

  beforeAll(async () => {
    database = await freshDatabase(server?.url ?? '');
    await database.admin.query('create table appt (id int primary key, p int, s timestamp, e timestamp)');
    await database.admin.query(`grant select on appt to ${database.reader}`);
    const appointments = { table: 'appt', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
    link = await connect(
      postgresAdapter({ connection: database.readerUrl, schema: { zone: 'Australia/Sydney', appointments } }),
    );
  });
  afterAll(async () => {
    await link.close();
    for (const another of extra) await another.end();
    await database.drop();
    await own?.stop();
  });

  it('moves at every commit in the order in which commits can be read, not in which rows were written', async () => {
    const [early, late] = [await client(), await client()];
    const seen = new Map<string, string[]>();
    const look = async () => {
      const before = await pulse();
      const present = await ids();
      // Rows read under an unmoved pulse are the rows of the earlier look.
      if ((await pulse()) === before && seen.has(before)) expect(present).toEqual(seen.get(before));
      seen.set(before, present);
      return before;
    };
    const idle = await look();
    await early.query('begin');
    await early.query(insert(1));
    const begun = await look();
    await late.query(insert(2));
    const second = await look();
    expect(second).not.toBe(begun);
    expect(seen.get(second)).toEqual(['2']);
    await early.query('commit');
    const first = await look();
    expect(first).not.toBe(second);
    expect(seen.get(first)).toEqual(['1', '2']);
    expect(first).not.toBe(idle);
    // Subtransactions, and a commit that only deletes.
    await early.query(`begin; savepoint a; ${insert(3)}; release a; commit`);
    const third = await look();
    expect(third).not.toBe(first);
    await early.query('delete from appt');
    expect(await look()).not.toBe(third);
  });

  it('moves for two-phase commits, where they are on', async (test) => {
    const { rows } = await database.admin.query<{ on: boolean }>(
      `select current_setting('max_prepared_transactions') <> '0' as on`,
    );
    test.skip(rows[0]?.on !== true, 'max_prepared_transactions is 0 on this server');
    await database.admin.query(`begin; ${insert(10)}; prepare transaction 'late'`);
    const prepared = await pulse();
    await database.admin.query(`commit prepared 'late'`);
    expect(await pulse()).not.toBe(prepared);
  });

  it('stands still while nothing commits, whatever we ask ourselves', async () => {
    let quiet = 0;
    // Vacuum and other clinics of the same server may commit in between; three still stretches in a row are proof enough.
    await eventually(async () => {
      const before = await pulse();
      await ok(link.readRange(whole));
      await ok(link.digest!({ stream: 'busy', edges: [cutoff], cutoff, signal: never }));
      await ok(link.now(never));
      const snapshot = await ok(link.openSnapshot!(never));
      await ok(snapshot.readRange(whole));
      await snapshot.close();
      await ok(link.awaitPulse!(before, 30, never));
      quiet = (await pulse()) === before ? quiet + 1 : 0;
      return quiet === 3;
    });
  });

  it('is waited for in the server with a read-only login, and answers soon after a commit', async () => {
    const latencies: number[] = [];
    /** A wait that the server says is under way; other clinics of the same server end some before that. */
    const underWay = async () => {
      for (;;) {
        let isOver = false;
        const waiting = link.awaitPulse!(await pulse(), 5_000, never);
        void waiting.then(() => (isOver = true));
        await eventually(async () => {
          const busy = `select from pg_stat_activity where usename = $1 and query like 'do $wait$%' and state = 'active'`;
          return isOver || (await database.admin.query(busy, [database.reader])).rowCount === 1;
        });
        if (!isOver) return { waiting };
      }
    };
    for (let i = 0; i < 30; i++) {
      const { waiting } = await underWay();
      await database.admin.query('update appt set p = p');
      await database.admin.query(`insert into appt values (${String(100 + i)}, 1, now(), now())`);
      const committed = performance.now();
      await ok(waiting);
      latencies.push(performance.now() - committed);
    }
    latencies.sort((a, b) => a - b);
    expect(latencies[15]).toBeLessThan(60);
  });

  it('waits no longer than asked, lets the clock be asked meanwhile, and gives up when aborted', async () => {
    const start = performance.now();
    const waiting = link.awaitPulse!(await pulse(), 400, never);
    await ok(link.now(never));
    expect(performance.now() - start).toBeLessThan(350);
    await ok(waiting);
    const abort = new AbortController();
    const given = link.awaitPulse!(await pulse(), 400, abort.signal);
    abort.abort();
    const outcome = await given;
    expect(outcome.isErr() && outcome.error.code).toBe('Aborted');
    await ok(link.now(never));
  });

  it('is the snapshot it came with', async () => {
    const snapshot = await ok(link.openSnapshot!(never));
    expect(snapshot.pulse).toBe(await pulse());
    const before = await ok(snapshot.readRange(whole));
    await database.admin.query('delete from appt');
    expect(await ok(snapshot.readRange(whole))).toEqual(before);
    expect(await ids()).toEqual([]);
    expect(await pulse()).not.toBe(snapshot.pulse);
    await snapshot.close();
    await snapshot.close();
  });

  it('leaves no transaction open and no more than three connections', async () => {
    const { rows } = await database.admin.query<{ state: string; xmin: string | null }>(
      `select state, backend_xmin::text as xmin from pg_stat_activity where usename = $1`,
      [database.reader],
    );
    expect(rows.length).toBeLessThanOrEqual(3);
    for (const row of rows) expect(row).toEqual({ state: 'idle', xmin: null });
  });

  it('tells a position that only rises', async () => {
    const position = BigInt(link.identity.position ?? -1);
    await database.admin.query('insert into appt values (999, 1, now(), now())');
    await link.close();
    const appointments = { table: 'appt', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
    const schema = { zone: 'Australia/Sydney', appointments };
    const again = await connect(postgresAdapter({ connection: database.readerUrl, schema }));
    expect(again.identity.database).toBe(link.identity.database);
    expect(BigInt(again.identity.position ?? -1)).toBeGreaterThan(position);
    await again.close();
  });
});

describe('a standby', () => {
  it('has no pulse, because it stands still there while changes arrive; rows and digests it has', async (test) => {
    const own = await startOwnServer();
    test.skip(!own, 'no server binaries on this machine');
    if (!own) return;
    const database = await freshDatabase(own.url);
    try {
      await database.admin.query('create table appt (id int primary key, p int, s timestamp, e timestamp)');
      await database.admin.query(`insert into appt values (1, 1, '2026-11-23 09:00', '2026-11-23 09:15')`);
      await database.admin.query(`grant select on appt to ${database.reader}`);
      // In standby mode without a primary a server reads what log it has and waits for more.
      await writeFile(join(own.dataDir, 'standby.signal'), '');
      await own.restart();
      const appointments = { table: 'appt', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
      const schema = { zone: 'Australia/Sydney', appointments };
      const link = await connect(postgresAdapter({ connection: database.readerUrl, schema }));
      expect(link.pulse).toBeUndefined();
      expect(link.awaitPulse).toBeUndefined();
      expect(link.identity.position).toBeNull();
      const snapshot = await ok(link.openSnapshot!(never));
      expect(snapshot.pulse).toBeNull();
      expect(byId((await ok(snapshot.readRange(whole))).records)).toEqual(['1']);
      await snapshot.close();
      const digests = await ok(link.digest!({ stream: 'busy', edges: [], cutoff, signal: never }));
      expect(digests.map(({ count }) => count)).toEqual([1]);
      await link.close();
    } finally {
      await own.stop();
    }
  }, 30_000);
});
