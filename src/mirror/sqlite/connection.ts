import { DatabaseSync, type DatabaseSyncOptions, type StatementSync } from 'node:sqlite';

import { sql, type RawBuilder } from 'kysely';
import { err, ok, type Result } from 'neverthrow';

import type { MirrorError } from '../../domain/errors.js';
import { damaged, sqliteCode, SQLITE, toMirrorError } from './errors.js';
import { builder, Parameter, type Statement, type Value } from './statement.js';

const BEGIN = sql`begin immediate`;
const COMMIT = sql`commit`;
const ROLLBACK = sql`rollback`;
const SAVE = sql`savepoint one`;
const KEEP = sql`release one`;
const UNDO = sql`rollback to one`;
const RELAXED = sql`pragma synchronous = normal`;
const DURABLE = sql`pragma synchronous = full`;

/** One connection to a mirror file. Everything is synchronous and throws; `errors.ts` turns that into Results. */
export class Connection {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<Statement<never, unknown>, StatementSync>();

  /** `location`: a path, or an SQLite `file:` URI. */
  constructor(location: string, options: DatabaseSyncOptions = {}) {
    this.#db = new DatabaseSync(location, options);
  }

  all<P extends Readonly<Record<string, Value>>, R>(statement: Statement<P, R>, parameters: P): R[] {
    return this.#prepare(statement).all(...bound(statement, parameters)) as R[];
  }

  get<P extends Readonly<Record<string, Value>>, R>(statement: Statement<P, R>, parameters: P): R | undefined {
    return this.#prepare(statement).get(...bound(statement, parameters)) as R | undefined;
  }

  /** Rows as arrays of their columns' values, `T`. A statement asked for this way is never asked for objects. */
  tuples<P extends Readonly<Record<string, Value>>, T extends readonly unknown[]>(
    statement: Statement<P, unknown>,
    parameters: P,
  ): T[] {
    const prepared = this.#prepare(statement);
    prepared.setReturnArrays(true);
    return prepared.all(...bound(statement, parameters)) as unknown[] as T[];
  }

  /** Answers with the number of rows changed. */
  run<P extends Readonly<Record<string, Value>>>(statement: Statement<P, unknown>, parameters: P): number {
    return Number(this.#prepare(statement).run(...bound(statement, parameters)).changes);
  }

  /** The same with the values of its question marks in their order. */
  runValues(statement: Statement<never, unknown>, values: readonly Value[]): number {
    return Number(this.#prepare(statement).run(...values).changes);
  }

  /** For what has neither parameters nor a repetition: schema and pragmas. */
  execute(query: { compile(): { readonly sql: string } }): void {
    this.#db.exec(query.compile().sql);
  }

  pragma(query: RawBuilder<unknown>): unknown {
    const row = this.#db.prepare(query.compile(builder).sql).get();
    return row && Object.values(row)[0];
  }

  /** All of `work` or nothing of it, durable on return. */
  transaction<T>(work: () => T): T {
    this.#raw(BEGIN);
    try {
      const outcome = work();
      this.#raw(COMMIT);
      return outcome;
    } catch (error) {
      // SQLite has rolled back by itself after some errors (a full disk, a failed read); there is nothing to roll back then.
      try {
        this.#raw(ROLLBACK);
      } catch (second) {
        if (sqliteCode(second) !== SQLITE.ERROR) throw second;
      }
      throw error;
    }
  }

  /**
   * All of `work` or nothing of it, inside a transaction that goes on in either case. Throws where SQLite has ended that as a whole,
   * as it does when a disk is full.
   */
  inside<T>(work: () => T): Result<T, MirrorError> {
    this.#raw(SAVE);
    try {
      const outcome = work();
      this.#raw(KEEP);
      return ok(outcome);
    } catch (error) {
      try {
        this.#raw(UNDO);
        this.#raw(KEEP);
      } catch {
        throw error;
      }
      return err(toMirrorError(error));
    }
  }

  /**
   * A transaction that need not survive a power cut by itself: in WAL mode it then waits for no disk, and the next durable one
   * carries it along, since that one flushes the log as a whole.
   */
  relaxedTransaction<T>(work: () => T): T {
    this.#raw(RELAXED);
    try {
      return this.transaction(work);
    } finally {
      this.#raw(DURABLE);
    }
  }

  close(): void {
    this.#prepared.clear();
    this.#db.close();
  }

  #raw(query: RawBuilder<unknown>): void {
    this.#db.exec(query.compile(builder).sql);
  }

  #prepare(statement: Statement<never, unknown>): StatementSync {
    let prepared = this.#prepared.get(statement);
    if (!prepared) {
      try {
        prepared = this.#db.prepare(statement.sql);
      } catch (error) {
        // Our SQL is fixed: what does not fit it is a schema that is not what we made.
        throw sqliteCode(error) === SQLITE.ERROR ? damaged('schema') : error;
      }
      this.#prepared.set(statement, prepared);
    }
    return prepared;
  }
}

function bound<P extends Readonly<Record<string, Value>>>(statement: Statement<P, unknown>, parameters: P): Value[] {
  return statement.slots.map((slot) => (slot instanceof Parameter ? (parameters[slot.name] ?? null) : slot));
}
