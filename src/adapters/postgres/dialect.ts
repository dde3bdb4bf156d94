import { Kysely, PostgresDialect, type PostgresPoolClient, type PostgresQueryResult } from 'kysely';
import type { Client, QueryResult } from 'pg';

/**
 * One connection as Kysely's Postgres dialect wants its pool. Who opens, shares and closes connections is decided elsewhere, so
 * the Kysely is never destroyed.
 */
export function kyselyOver(client: Client): Kysely<object> {
  const shim: PostgresPoolClient = {
    query: (text: unknown, parameters?: readonly unknown[]) => {
      if (typeof text !== 'string') throw new TypeError('Cursors are not used.');
      return client.query(text, [...(parameters ?? [])]).then(lastResult) as never;
    },
    release: () => undefined,
  };
  return new Kysely({
    dialect: new PostgresDialect({
      pool: { options: {}, connect: () => Promise.resolve(shim), end: () => Promise.resolve() },
    }),
  });
}

/** Several statements in one text (the simple protocol, without parameters) give several results; the last one counts. */
function lastResult(result: QueryResult | QueryResult[]): PostgresQueryResult<unknown> {
  const last = Array.isArray(result) ? result.at(-1) : result;
  return {
    command: (last?.command ?? 'SELECT') as 'SELECT',
    rowCount: last?.rowCount ?? 0,
    rows: last?.rows ?? [],
  };
}
