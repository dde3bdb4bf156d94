import type { Ground } from './ground.js';
import { mysqlGround } from './ground-mysql.js';
import { postgresGround } from './ground-postgres.js';
import { sqliteGround } from './ground-sqlite.js';

/** By engine; each answers `undefined` where there is no server that could be killed. */
export const GROUNDS: Readonly<Record<string, (seed: number) => Promise<Ground | undefined>>> = {
  sqlite: (seed) => sqliteGround(seed % 2 === 0 ? 'wal' : 'delete'),
  postgres: () => postgresGround(),
  mysql: () => mysqlGround(),
};
