import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres, type SharedServer } from '../servers/postgres.js';
import type { Desk } from './desk.js';
import { mysqlDesk } from './desk-mysql.js';
import { postgresDesk } from './desk-postgres.js';
import { sqliteDesk } from './desk-sqlite.js';

export const ENGINES = ['sqlite', 'postgres', 'mysql'] as const;
export type Engine = (typeof ENGINES)[number];

/** Opens clinics of an engine, its variants in turn. */
export function deskOpener(engine: Engine, serverUrl: string): (nth: number) => Promise<Desk> {
  switch (engine) {
    case 'sqlite':
      return (nth) => sqliteDesk(nth % 2 === 0 ? 'wal' : 'delete');
    case 'postgres':
      return (nth) => postgresDesk(serverUrl, nth % 2 === 0 ? 'off' : 'trigger');
    case 'mysql':
      return (nth) => mysqlDesk(serverUrl, nth % 2 === 0 ? 'InnoDB' : 'MyISAM');
  }
}

/** The server that an engine's clinics are on, if it needs one; `undefined`: there is none to be had. */
export async function serverOf(engine: Engine): Promise<SharedServer | undefined> {
  if (engine === 'sqlite') return { url: '', stop: () => Promise.resolve() };
  return engine === 'postgres' ? sharedPostgres() : sharedMysql();
}
