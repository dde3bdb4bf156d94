export { mysqlAdapter } from './adapter.js';
export type { MysqlConnection, MysqlLogin, MysqlOptions, MysqlOwn } from './options.js';
export * from '../sql/index.js';
