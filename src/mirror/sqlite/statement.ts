import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Compilable,
  type RawBuilder,
} from 'kysely';

import type { Tables } from './schema.js';

/** What node:sqlite binds as it is. */
export type Value = string | number | null;

/**
 * Builds SQL and runs none. node:sqlite works synchronously, and so do our transactions: nothing of another clinic can come
 * between their statements. Kysely's own drivers would put an await, and its queue, between any two of them.
 */
export const builder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** A statement that is built once; every connection prepares it once. `P`: its parameters by name. `R`: its rows. */
export interface Statement<P, R> {
  readonly sql: string;
  /** In the order of the SQL's question marks: a parameter's name, or a value that never changes. */
  readonly slots: readonly (Parameter | Value)[];
  readonly types?: (parameters: P) => R;
}

export class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Stands for the parameters while Kysely builds: it takes each for a value, and hands it back in its place. */
const placeholders = new Proxy({}, { get: (_, name) => new Parameter(String(name)) });

/** `statement<{ id: string }>()((db, p) => db.selectFrom('rows').selectAll().where('id', '=', p.id))` */
export function statement<P extends Readonly<Record<string, Value>>>() {
  return <R>(build: (db: Kysely<Tables>, parameters: P) => Compilable<R> | RawBuilder<R>): Statement<P, R> => {
    const built = build(builder, placeholders as P);
    const { sql, parameters } = 'isRawBuilder' in built ? built.compile(builder) : built.compile();
    return { sql, slots: parameters as readonly (Parameter | Value)[] };
  };
}
