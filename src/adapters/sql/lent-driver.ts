import {
  Kysely,
  type CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';

/** What a Kysely needs of its dialect when it neither opens nor closes anything. */
export interface LentDialect {
  readonly adapter: () => DialectAdapter;
  readonly compiler: () => QueryCompiler;
  readonly run: (text: string, parameters: readonly unknown[]) => Promise<QueryResult<unknown>>;
}

/** A Kysely over one connection that somebody else opens, shares and closes; it is never destroyed. */
export function lentKysely({ adapter, compiler, run }: LentDialect): Kysely<object> {
  const connection: DatabaseConnection = {
    executeQuery: async <R>({ sql, parameters }: CompiledQuery) => (await run(sql, parameters)) as QueryResult<R>,
    streamQuery: () => {
      throw new TypeError('Nothing is streamed.');
    },
  };
  return new Kysely({
    dialect: {
      createAdapter: adapter,
      createDriver: () => driverOver(connection),
      createIntrospector: () => {
        throw new TypeError('Catalogs are asked by statements.');
      },
      createQueryCompiler: compiler,
    },
  });
}

function driverOver(connection: DatabaseConnection): Driver {
  const noTransactions = () => Promise.reject(new TypeError('Transactions are begun and ended by statements.'));
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: noTransactions,
    commitTransaction: noTransactions,
    rollbackTransaction: noTransactions,
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
}
