/** Plain connections to the clinic's database, as its own software would have them: nothing of clinic-sync is in here. */
import { DatabaseSync } from 'node:sqlite';

import { Client } from 'pg';

import type { Engine } from './flags.js';
import type { Entry } from './practice.js';

export type SqlRow = Readonly<Record<string, string | number | null>>;
export type Value = string | number;

export interface Sql {
  /** One statement of its own transaction, with `?` for each value: resolves when it is committed. */
  query(text: string, ...values: readonly Value[]): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}

/** `where`: a file, or a URL. */
export function openSql(engine: Engine, where: string): Promise<Sql> {
  return engine === 'sqlite' ? Promise.resolve(overSqlite(where)) : overPostgres(where);
}

function overSqlite(path: string): Sql {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  return {
    query: async (text, ...values) => database.prepare(text).all(...values) as SqlRow[],
    close: async () => {
      database.close();
    },
  };
}

async function overPostgres(url: string): Promise<Sql> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (text, ...values) => {
      let n = 0;
      const numbered = text.replaceAll('?', () => `$${++n}`);
      return (await client.query<Record<string, string | number | null>>(numbered, [...values])).rows;
    },
    close: () => client.end(),
  };
}

/** An appointment or a session as it stands in the table. */
export interface TableRow extends Entry {
  readonly id: number;
}

/** Everything that ends after today's midnight at the clinic. */
export async function readFuture(sql: Sql, table: 'appointments' | 'sessions', midnight: string): Promise<TableRow[]> {
  const rows = await sql.query(
    `select id, practitioner_id, room, cast(starts_at as text) as starts, cast(ends_at as text) as ends
     from ${table} where ends_at > ? order by id`,
    midnight,
  );
  return rows.map((row) => ({
    id: Number(row['id']),
    practitioner: Number(row['practitioner_id']),
    room: String(row['room']),
    starts: String(row['starts']),
    ends: String(row['ends']),
  }));
}
