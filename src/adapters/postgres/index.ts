export { postgresAdapter } from './adapter.js';
export type { PostgresConnection, PostgresLogin, PostgresOptions, PostgresOwn } from './options.js';
export { installPostgresPush, removePostgresPush, type PostgresPushRun } from './push-install.js';
export { postgresPushSql, type PostgresPushOptions, type PostgresPushSql } from './push-sql.js';
export * from '../sql/index.js';
