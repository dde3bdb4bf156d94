export { sqliteAdapter } from './adapter.js';
export { DEFAULT_BUSY_TIMEOUT_MS, type SqliteOptions } from './options.js';
export * from '../sql/index.js';
