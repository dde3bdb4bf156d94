import { Client } from 'pg';
import type { Connection } from 'mysql2/promise';

import { mysqlAdapter } from '../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import { idSpace } from '../../src/adapters/sql/ids.js';
import { resolveSchema } from '../../src/adapters/sql/schema/resolve.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import type { ClinicRow, RowKey } from '../../src/domain/row.js';
import type { AdapterHarness, OpenTransaction, Writing } from '../../src/testing/index.js';
import { connectMysql, freshMysqlDatabase } from '../servers/mysql.js';
import { freshDatabase } from '../servers/postgres.js';
import { numberOf, ZONE, type System } from './systems.js';

type Value = string | number | null;
type Run = (text: string) => Promise<readonly object[]>;

/** One connection of the practice's own. */
interface Desk {
  run: Run;
  end(): Promise<void>;
}

export interface Practice {
  readonly run: Run;
  adapter(schema: ClinicSchema): ClinicAdapter;
  /** Another connection of the practice's. */
  desk(): Promise<Desk>;
  /** Ends the adapter's connections. */
  cut(): Promise<void>;
  openConnections(): Promise<number>;
  drop(): Promise<void>;
}

export function literal(value: Value): string {
  if (value === null) return 'null';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

/** A database of a practice system, with the logins that its page in the docs tells to make. */
export function openPractice(system: System, serverUrl: string): Promise<Practice> {
  return system.engine === 'mysql' ? onMysql(system, serverUrl) : onPostgres(system, serverUrl);
}

async function onMysql({ tables, appointments }: System, serverUrl: string): Promise<Practice> {
  const { admin, adminUrl, reader, readerUrl, writer, drop } = await freshMysqlDatabase(serverUrl);
  const settings = `set session sql_mode = 'ALLOW_INVALID_DATES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00'`;
  await admin.query(settings);
  for (const [name, columns] of Object.entries(tables)) {
    await admin.query(`create table ${name} (${columns})`);
    await admin.query(`grant select on ${name} to ${reader}`);
    await admin.query(`grant select on ${name} to ${writer.user}`);
  }
  await admin.query(`grant insert, update, delete on ${appointments} to ${writer.user}`);
  const runOn =
    (client: Connection): Run =>
    async (text) => {
      const [rows] = await client.query(text);
      return Array.isArray(rows) ? rows : [];
    };
  const ours = async () => {
    const [rows] = await admin.query('select id from information_schema.processlist where user in (?)', [
      [reader, writer.user],
    ]);
    return (rows as { id: number }[]).map(({ id }) => id);
  };
  return {
    run: runOn(admin),
    adapter: (schema) => mysqlAdapter({ connection: readerUrl, schema, write: writer }),
    desk: async () => {
      const client = await connectMysql(adminUrl);
      await client.query(settings);
      return { run: runOn(client), end: () => client.end() };
    },
    cut: async () => {
      for (const id of await ours()) await admin.query(`kill connection ${String(id)}`).catch(() => undefined);
    },
    openConnections: async () => (await ours()).length,
    drop,
  };
}

async function onPostgres({ tables, appointments }: System, serverUrl: string): Promise<Practice> {
  const { admin, adminUrl, reader, readerUrl, writer, drop } = await freshDatabase(serverUrl);
  for (const [name, columns] of Object.entries(tables)) {
    await admin.query(`create table ${name} (${columns}); grant select on ${name} to ${reader}, ${writer.user}`);
  }
  await admin.query(`grant insert, update, delete on ${appointments} to ${writer.user};
    grant usage on all sequences in schema public to ${writer.user};
    alter sequence ${appointments}_id_seq restart with 500001`);
  const runOn =
    (client: Client): Run =>
    async (text) =>
      (await client.query<object>(text)).rows;
  const ours = `usename in (${[reader, writer.user].map(literal).join(', ')})`;
  return {
    run: runOn(admin),
    adapter: (schema) => postgresAdapter({ connection: readerUrl, schema, write: writer }),
    desk: async () => {
      const client = new Client({ connectionString: adminUrl });
      client.on('error', () => undefined);
      await client.connect();
      return { run: runOn(client), end: () => client.end() };
    },
    cut: async () => {
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ours}`);
    },
    openConnections: async () => {
      const { rows } = await admin.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity where ${ours}`,
      );
      return rows[0]?.n ?? 0;
    },
    drop,
  };
}

/** Writes rows into a practice's own tables, as its software would. */
export function writingInto(system: System, run: Run): Writing {
  const { tables, rosters } = resolveSchema(system.conforming);
  const spaces = [...tables, ...rosters.map(({ prefix }) => ({ prefix, kind: 'session' as const }))];
  const outward = (row: ClinicRow): string => {
    const table = tables.find(({ kind }) => kind === row.kind);
    return table ? idSpace(table, spaces).outward(String(numberOf(row))) : row.id;
  };
  const columns = ({ values }: { readonly values: Readonly<Record<string, Value>> }) => Object.keys(values).join(', ');
  return {
    insert: async (rows) => {
      for (const row of rows) {
        const stored = system.store(row);
        const values = Object.values(stored.values).map(literal).join(', ');
        // One that was only marked as deleted goes for good, as when the practice tidies up.
        const isIt = `from ${stored.table} where ${stored.key} = ${literal(stored.values[stored.key] ?? null)}`;
        if ((await run(`select 1 ${isIt}`)).length > 0) await run(`delete ${isIt}`);
        await run(`insert into ${stored.table} (${columns(stored)}) values (${values})`);
      }
      return rows.map((row) => ({ ...row, id: outward(row) }));
    },
    update: async (rows) => {
      for (const row of rows) {
        const { table, key, values } = system.store(row);
        const set = Object.entries(values).map(([name, value]) => `${name} = ${literal(value)}`);
        await run(`update ${table} set ${set.join(', ')} where ${key} = ${literal(values[key] ?? null)}`);
      }
    },
    remove: async (keys) => {
      for (const key of keys) {
        const { table, key: column, number } = placeOf(system, key);
        await run(`delete from ${table} where ${column} = ${String(number)}`);
      }
    },
  };
}

/** Where a row lies, from its key alone. */
function placeOf(system: System, { stream, id }: RowKey): { table: string; key: string; number: number } {
  const kind = stream === 'session' ? 'session' : /^blockout|^blockouts:/.test(id) ? 'blockout' : 'appointment';
  const row: ClinicRow = {
    id,
    kind,
    practitionerIds: ['1'],
    locationId: null,
    start: 0,
    end: 0,
    zone: ZONE,
    slotMs: null,
  };
  const { table, key } = system.store(row);
  return { table, key, number: numberOf(row) };
}

export function presetHarness(system: System, serverUrl: string): AdapterHarness & { drop(): Promise<void> } {
  let practice: Promise<Practice> | undefined;
  return {
    drop: async () => {
      await (await practice)?.drop();
    },
    create: async () => {
      const { run, adapter, desk, cut, openConnections } = await (practice ??= openPractice(system, serverUrl));
      for (const name of Object.keys(system.tables)) await run(`delete from ${name}`);
      const opened: Desk[] = [];
      const connect = async () => {
        const each = await desk();
        opened.push(each);
        return each;
      };
      const inOne = async <T>(work: (writing: Writing) => Promise<T>): Promise<T> => {
        await run('begin');
        try {
          return await work(writingInto(system, run));
        } finally {
          await run('commit');
        }
      };
      const begin = async (): Promise<OpenTransaction> => {
        const client = await connect();
        await client.run('begin');
        const end = (how: string) => async () => {
          await client.run(how);
        };
        return { ...writingInto(system, client.run), commit: end('commit'), rollback: end('rollback') };
      };
      return {
        adapter: adapter(system.conforming),
        another: () => adapter(system.conforming),
        zone: ZONE,
        fit: (row) => system.fit(row),
        ...(system.grainMs !== undefined && { grainMs: system.grainMs }),
        receptionist: {
          insert: (rows) => inOne((within) => within.insert(rows)),
          update: (rows) => inOne((within) => within.update(rows)),
          remove: (keys) => inOne((within) => within.remove(keys)),
          begin,
          spoil: async (key) => {
            const { table, key: column, number } = placeOf(system, key);
            const set = Object.entries(system.spoilt).map(([name, value]) => `${name} = ${literal(value)}`);
            await run(`update ${table} set ${set.join(', ')} where ${column} = ${String(number)}`);
          },
        },
        cut,
        stall: async () => {
          const client = await connect();
          const names = Object.keys(system.tables);
          if (system.engine === 'mysql')
            await client.run(`lock tables ${names.map((name) => `${name} write`).join(', ')}`);
          else await client.run(`begin; lock table ${names.join(', ')} in access exclusive mode`);
          return async () => {
            await client.run(system.engine === 'mysql' ? 'unlock tables' : 'rollback');
          };
        },
        openConnections,
        dispose: async () => {
          for (const each of opened) await each.end();
        },
      };
    },
  };
}
