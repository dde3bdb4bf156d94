/** Connections of the caller's go back as they came, and nothing that was passed in is closed. */
import { Kysely, MysqlDialect, PostgresDialect, sql } from 'kysely';
import { createPool } from 'mysql2';
import { Pool } from 'pg';
import { describe, expect, it } from 'vitest';

import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { ClinicSync } from '../../src/index.js';
import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { mysqlPractice } from '../booking/practice-mysql.js';
import { postgresPractice } from '../booking/practice-postgres.js';
import { SCHEMA, slotOf, type PracticeClinic } from '../booking/practice.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';

const [postgres, mysql] = [await sharedPostgres(), await sharedMysql()];

interface Theirs {
  readonly db: Kysely<object>;
  readonly adapter: ClinicAdapter;
  readonly clinic: PracticeClinic;
  /** Every setting of a session. */
  settings(): Promise<readonly object[]>;
  end(): Promise<void>;
}

async function onPostgres(max: number): Promise<Theirs> {
  const clinic = await postgresPractice(postgres?.url ?? '');
  const pool = new Pool({ connectionString: clinic.writerUrl, max, options: '-c statement_timeout=77s' });
  // The database is dropped while their goodbyes are still on their way.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    clinic,
    adapter: postgresAdapter({ connection: { kysely: db }, schema: SCHEMA, write: true, connectTimeoutMs: 300 }),
    settings: async () =>
      (
        await sql<object>`select name, setting from pg_settings where name <> 'application_name' and name not like 'plpgsql.%'`.execute(
          db,
        )
      ).rows,
    end: async () => {
      await pool.end();
      await clinic.dispose();
    },
  };
}

async function onMysql(max: number): Promise<Theirs> {
  const clinic = await mysqlPractice(mysql?.url ?? '');
  const { hostname: host, port, pathname } = new URL(clinic.readerUrl);
  await clinic.run(`grant select on sessions to ${clinic.writer.user}`);
  const pool = createPool({
    host,
    port: Number(port),
    database: pathname.slice(1),
    ...clinic.writer,
    connectionLimit: max,
  });
  const db = new Kysely<object>({ dialect: new MysqlDialect({ pool }) });
  return {
    db,
    clinic,
    adapter: mysqlAdapter({ connection: { kysely: db }, schema: SCHEMA, write: true, connectTimeoutMs: 300 }),
    settings: async () => {
      const { rows } = await sql<{ Variable_name: string }>`show session variables`.execute(db);
      const moving =
        /^(timestamp|statement_id|gtid|last_|pseudo_thread|rand_seed|insert_id|identity|in_transaction|warning_count|.*_gtid_.*)/;
      return rows.filter(({ Variable_name: name }) => !moving.test(name));
    },
    end: async () => {
      await pool.promise().end();
      await clinic.dispose();
    },
  };
}

describe.each([
  ['postgres', postgres !== undefined, onPostgres],
  ['mysql', mysql !== undefined, onMysql],
] as const)("over a Kysely of the caller's: %s", (_, isThere, open) => {
  const test = it.skipIf(!isThere);

  test('a clinic is read and booked, and every connection goes back as it came', async () => {
    const { db, clinic, adapter, settings, end } = await open(4);
    // All four connections, so that whichever is borrowed can be compared.
    const all = () => Promise.all(Array.from({ length: 4 }, settings));
    const before = await all();
    const sync = new ClinicSync({ clinicId: 'borrowed', adapter });
    expect((await sync.start())._unsafeUnwrap().phase).toBe('live');
    const booked = await sync.book({ slot: slotOf(0), idempotencyKey: 'one' });
    const { row } = booked._unsafeUnwrap();
    expect(await clinic.rows()).toHaveLength(1);
    expect((await sync.delete({ ...row, idempotencyKey: 'two' })).isOk()).toBe(true);
    expect(await clinic.rows()).toEqual([]);
    await sync.stop();
    expect(await all()).toEqual(before);
    // The lock is free, and the pool still the caller's to use.
    const again = new ClinicSync({ clinicId: 'borrowed', adapter });
    expect((await again.start()).isOk()).toBe(true);
    await again.stop();
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await end();
  });

  test('a pool without a free connection is no hang, and what comes too late goes back', async () => {
    const { db, adapter, end } = await open(1);
    let free = (): void => undefined;
    const held = db.connection().execute(() => new Promise<void>((resolve) => (free = resolve)));
    const never = new AbortController().signal;
    const refused = await adapter.connect({ clinicId: 'c', signal: never });
    expect(refused.isErr() && refused.error.code).toBe('ClinicTimeout');
    const aborting = new AbortController();
    const connecting = adapter.connect({ clinicId: 'c', signal: aborting.signal });
    aborting.abort();
    const aborted = await connecting;
    expect(aborted.isErr() && aborted.error.code).toBe('Aborted');
    free();
    await held;
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await end();
  });
});

describe('what cannot be meant', () => {
  it('push over connections of theirs, and logins of both kinds mixed', () => {
    const kysely = new Kysely<object>({ dialect: new PostgresDialect({ pool: new Pool() }) });
    const user = 'u';
    expect(() => postgresAdapter({ connection: { kysely }, schema: SCHEMA, push: 'trigger' })).toThrow('push');
    expect(() => mysqlAdapter({ connection: { kysely }, schema: SCHEMA, write: { user } })).toThrow('write');
    expect(() => mysqlAdapter({ connection: 'mysql://u@h/d', schema: SCHEMA, write: { kysely } })).toThrow('write');
  });
});
