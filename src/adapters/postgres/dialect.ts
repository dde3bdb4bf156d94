import {
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresQueryCompiler,
  type PostgresPoolClient,
  type PostgresQueryResult,
  type QueryCompiler,
} from 'kysely';
import { escapeLiteral, type Client, type QueryResult } from 'pg';

import { lentKysely, type LentDialect } from '../sql/lent-driver.js';
import type { Access } from '../sql/session.js';

/** Prepared statements kept for each connection; the adapter's own statements are fewer. */
const MAX_STATEMENTS = 64;

/**
 * One connection as Kysely's Postgres dialect wants its pool. Who opens, shares and closes connections is decided elsewhere, so
 * the Kysely is never destroyed. Statements with parameters get a name, by which the server knows them from the second time on; a
 * table that was altered in the meantime ends in an error, and with that in a new link, which looks at the table again.
 */
export function kyselyOver(client: Client): Kysely<object> {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    if (!names.has(text) && names.size < MAX_STATEMENTS) names.set(text, `clinic_sync_${String(names.size)}`);
    return names.get(text);
  };
  const shim: PostgresPoolClient = {
    query: (text: unknown, parameters?: readonly unknown[]) => {
      if (typeof text !== 'string') throw new TypeError('Cursors are not used.');
      const name = parameters?.length ? nameOf(text) : undefined;
      const query = name === undefined ? { text } : { text, name };
      return client.query({ ...query, values: [...(parameters ?? [])] }).then(lastResult) as never;
    },
    release: () => undefined,
  };
  return new Kysely({ dialect: dialectOver(shim) });
}

/**
 * The same, with each statement in one message of the simple protocol and its values inside it. A statement with parameters
 * travels in five messages, and the last one commits: a network that holds that one back would have the transaction committed
 * long after the deadline inside it was looked at. A single message is run to its end or not at all.
 */
export function literalKyselyOver(client: Client): Kysely<object> {
  const shim: PostgresPoolClient = {
    query: (text: unknown) => client.query(text as string).then(lastResult) as never,
    release: () => undefined,
  };
  const dialect = dialectOver(shim);
  dialect.createQueryCompiler = () => new LiteralCompiler();
  return new Kysely({ dialect });
}

/** Over a connection of the caller's: their driver takes statements with parameters, and those that write have none. */
export function borrowedKysely(run: LentDialect['run'], access: Access): Kysely<object> {
  return lentKysely({
    adapter: () => new PostgresAdapter(),
    compiler: () => (access === 'write' ? new LiteralCompiler() : new PostgresQueryCompiler()),
    run,
  });
}

/** Writes values where others write placeholders. */
class LiteralCompiler extends PostgresQueryCompiler implements QueryCompiler {
  protected override appendValue(value: unknown): void {
    this.append(literal(value));
  }
}

function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return escapeLiteral(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`;
  throw new TypeError(`A value of type ${typeof value} cannot be written.`);
}

function dialectOver(shim: PostgresPoolClient): PostgresDialect {
  return new PostgresDialect({
    pool: { options: {}, connect: () => Promise.resolve(shim), end: () => Promise.resolve() },
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
