import { MssqlAdapter, MssqlQueryCompiler, type Kysely, type QueryResult } from 'kysely';
import { Request, type Connection } from 'tedious';

import { lentKysely, type LentDialect } from '../sql/lent-driver.js';
import { literal } from './text.js';

/**
 * One connection, spoken to in Kysely's T-SQL. Each text is one batch in one message, with its values inside it: the server runs
 * it to its end by itself or never gets it whole, and nothing of it can arrive long after the deadline inside it was looked at.
 */
export function kyselyOver(connection: Connection): Kysely<object> {
  return borrowedKysely((text) => send(connection, text));
}

/** Over a connection of the caller's; one statement at a time. Its dialect puts the rows of several answers together. */
export function borrowedKysely(run: LentDialect['run']): Kysely<object> {
  return lentKysely({ adapter: () => new MssqlAdapter(), compiler: () => new LiteralCompiler(), run });
}

/** Writes values where others write placeholders. */
class LiteralCompiler extends MssqlQueryCompiler {
  protected override appendValue(value: unknown): void {
    this.append(literal(value));
  }
}

interface Cell {
  readonly value: unknown;
  readonly metadata: { readonly colName: string };
}

/** Several statements in one batch can give several results; the last one counts. */
function send(connection: Connection, text: string): Promise<QueryResult<unknown>> {
  return new Promise((resolve, reject) => {
    let rows: Record<string, unknown>[] = [];
    const request = new Request(text, (error) => {
      if (error) reject(error);
      else resolve({ rows });
    });
    request.on('columnMetadata', () => {
      rows = [];
    });
    request.on('row', (cells: readonly Cell[]) => {
      rows.push(Object.fromEntries(cells.map(({ value, metadata }) => [metadata.colName, value])));
    });
    connection.execSqlBatch(request);
  });
}
