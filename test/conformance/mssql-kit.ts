import { mssqlAdapter } from '../../src/adapters/mssql/index.js';
import { literal } from '../../src/adapters/mssql/text.js';
import type { AdapterCapabilities, AdapterHarness, OpenTransaction, Writing } from '../../src/testing/index.js';
import { connectMssql, freshMssqlDatabase, type Desk, type TestMssqlDatabase } from '../servers/mssql.js';
import { SCHEMA, spoil, TABLES, writing, ZONE, type Run } from './sql-kit.js';

/** What the endpoint turned out to be able to do; the adapter finds out by itself, in its own way. */
export interface MssqlOffers {
  readonly tracking: boolean;
  readonly snapshots: boolean;
}

export const mssqlCapabilities = ({ tracking, snapshots }: MssqlOffers): AdapterCapabilities => ({
  sessions: true,
  blockouts: true,
  readKeys: true,
  digest: true,
  pulse: tracking,
  awaitPulse: false,
  newKeys: tracking,
  snapshot: snapshots,
  push: false,
  describe: true,
  writes: true,
  tokens: true,
  multiplePractitioners: true,
  texts: true,
  lateCommits: true,
  lost: true,
  undecodable: true,
  stall: true,
});

export interface MssqlHarness extends AdapterHarness {
  readonly offers: MssqlOffers;
  drop(): Promise<void>;
}

const text = (length: number) => `nvarchar(${String(length)}) collate Latin1_General_BIN2`;

/** Change tracking wants a primary key; SQL Server takes keys that differ in trailing spaces alone for equal. */
const tablesOf = (name: string) =>
  `create table ${name} (
    id ${text(440)} not null default lower(convert(nvarchar(36), newid())) primary key,
    p1 ${text(440)}, p2 ${text(440)}, place ${text(440)}, s datetime2(3) not null, e datetime2(3) not null, slot int,
    token varchar(22), patient nvarchar(300), note nvarchar(max), status nvarchar(50), [it's] real);
   create index on_${name} on ${name} (s)`;

/** One database for all cases, emptied before each. The adapter's logins may do what is granted here, and nothing else. */
export async function mssqlHarness(serverUrl: string): Promise<MssqlHarness> {
  const database = await freshMssqlDatabase(serverUrl);
  const { admin, reader, writer } = database;
  const does = async (batch: string) =>
    admin.run(batch).then(
      () => true,
      () => false,
    );
  for (const table of TABLES) await admin.run(tablesOf(table));
  const snapshots = await does('alter database current set allow_snapshot_isolation on');
  let tracking = await does('alter database current set change_tracking = on');
  for (const table of TABLES) {
    tracking &&= await does(`alter table ${table} enable change_tracking`);
    tracking &&= await does(`grant view change tracking on ${table} to ${reader}`);
    await admin.run(`grant select on ${table} to ${reader}`);
  }
  await admin.run(`grant select, insert, delete on appointments to ${writer.user}`);
  await admin.run(`grant select on blockouts to ${writer.user}`);
  return {
    offers: { tracking, snapshots },
    drop: () => database.drop(),
    create: () => clinicIn(database),
  };
}

async function clinicIn({ admin, adminUrl, reader, readerUrl, writer }: TestMssqlDatabase) {
  for (const table of TABLES) await admin.run(`delete from ${table}`);
  const opened: Desk[] = [];
  const connect = async () => {
    const desk = await connectMssql(adminUrl);
    opened.push(desk);
    return desk;
  };
  const inOne = async <T>(work: (writing: Writing) => Promise<T>): Promise<T> => {
    await admin.run('begin transaction');
    const answer = await work(writing(runOn(admin)));
    await admin.run('commit transaction');
    return answer;
  };
  const begin = async (): Promise<OpenTransaction> => {
    const desk = await connect();
    await desk.run('begin transaction');
    const end = (how: string) => async () => {
      await desk.run(`${how} transaction`);
      desk.close();
    };
    return { ...writing(runOn(desk)), commit: end('commit'), rollback: end('rollback') };
  };
  const make = () => mssqlAdapter({ connection: readerUrl, schema: SCHEMA, write: writer });
  const connections = async () => {
    const rows = await admin.run(
      `select cast(session_id as int) as id from sys.dm_exec_sessions where login_name in ('${reader}', '${writer.user}')`,
    );
    return rows.map(({ id }) => Number(id));
  };
  return {
    adapter: make(),
    another: make,
    zone: ZONE,
    secrets: [reader, writer.user, writer.password],
    receptionist: {
      insert: (rows: Parameters<Writing['insert']>[0]) => inOne((within) => within.insert(rows)),
      update: (rows: Parameters<Writing['update']>[0]) => inOne((within) => within.update(rows)),
      remove: (keys: Parameters<Writing['remove']>[0]) => inOne((within) => within.remove(keys)),
      begin,
      spoil: (key: Parameters<Writing['remove']>[0][number]) => spoil(runOn(admin), key),
    },
    cut: async () => {
      for (const id of await connections()) await admin.run(`kill ${String(id)}`).catch(() => undefined);
    },
    stall: async () => {
      const desk = await connect();
      await desk.run(
        `begin transaction; ${TABLES.map((table) => `select top (1) 1 from ${table} with (tablockx, holdlock)`).join('; ')}`,
      );
      return async () => {
        await desk.run('rollback transaction');
      };
    },
    openConnections: async () => (await connections()).length,
    dispose: () => {
      for (const desk of opened) desk.close();
      return Promise.resolve();
    },
  };
}

function runOn(desk: Desk): Run {
  return (statement, values) => {
    const rest = [...values];
    return desk.run(statement.replace(/\?/g, () => literal(rest.shift() ?? null)));
  };
}
