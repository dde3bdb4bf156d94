export { mssqlAdapter } from './adapter.js';
export type { MssqlConnection, MssqlLogin, MssqlOptions } from './options.js';
export * from '../sql/index.js';
