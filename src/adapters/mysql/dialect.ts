import {
  Kysely,
  MysqlAdapter,
  MysqlDialect,
  MysqlQueryCompiler,
  type MysqlPoolConnection,
  type QueryCompiler,
} from 'kysely';
import { escape, type Connection, type QueryResult } from 'mysql2';

import { lentKysely, type LentDialect } from '../sql/lent-driver.js';

/**
 * One connection as Kysely's MySQL dialect wants its pool. Who opens, shares and closes connections is decided elsewhere, so the
 * Kysely is never destroyed. Each statement is one message with its values inside it, which the server runs to its end by itself
 * or never gets: nothing of it can arrive long after the deadline inside it was looked at.
 */
export function kyselyOver(connection: Connection): Kysely<object> {
  const query = (text: string, _none: unknown, callback: (error: unknown, result?: QueryResult) => void) =>
    connection.query(text, (error, result) => {
      callback(error, error ? undefined : lastResult(result));
    });
  const shim = { query, release: () => undefined, threadId: connection.threadId } as unknown as MysqlPoolConnection;
  const dialect = new MysqlDialect({
    pool: {
      getConnection: (callback) => {
        callback(null, shim);
      },
      end: (callback) => {
        callback(null);
      },
    },
  });
  dialect.createQueryCompiler = () => new LiteralCompiler();
  return new Kysely({ dialect });
}

/** Over a connection of the caller's; one statement at a time. */
export function borrowedKysely(run: LentDialect['run']): Kysely<object> {
  return lentKysely({ adapter: () => new MysqlAdapter(), compiler: () => new LiteralCompiler(), run });
}

/** Writes values where others write placeholders. Every session of ours has backslashes escape; see `session.ts`. */
class LiteralCompiler extends MysqlQueryCompiler implements QueryCompiler {
  protected override appendValue(value: unknown): void {
    this.append(literal(value));
  }
}

function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`A value of type ${typeof value} cannot be written.`);
}

/** Several statements in one text give several results; the last one counts. */
function lastResult(result: QueryResult): QueryResult {
  if (!Array.isArray(result)) return result;
  const ofSeveral = result.some((each) => Array.isArray(each) || 'affectedRows' in each);
  return ofSeveral ? (result.at(-1) as QueryResult) : result;
}
