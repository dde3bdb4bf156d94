export { mssqlAdapter } from './adapter.js';
export type { MssqlConnection, MssqlLogin, MssqlOptions, MssqlOwn } from './options.js';
export * from '../sql/index.js';
