import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';

/** Prepared statements kept for each connection; the adapter's own statements are fewer. */
const MAX_STATEMENTS = 64;

/** A connection of `node:sqlite` as Kysely's SQLite dialect wants it. Destroying the Kysely closes the connection. */
export function kyselyOver(database: DatabaseSync): Kysely<object> {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const shim: SqliteDatabase = {
    prepare: (sql) => {
      const statement = prepared(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters.map(bindable)),
        run: (parameters) => statement.run(...parameters.map(bindable)),
        iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
      };
    },
    close: () => {
      statements.clear();
      database.close();
    },
  };
  return new Kysely({ dialect: new SqliteDialect({ database: shim }) });
}

/** Whole numbers are bound as integers: `node:sqlite` binds them as reals, which a TEXT column compares as `7.0`. */
function bindable(value: unknown): SQLInputValue {
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  throw new TypeError(`A parameter of type ${typeof value} cannot be bound.`);
}
