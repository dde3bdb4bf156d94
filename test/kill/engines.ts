import type { Desk } from './desk.js';
import { postgresDesk } from './desk-postgres.js';
import { sqliteDesk } from './desk-sqlite.js';

export const ENGINES = ['sqlite', 'postgres'] as const;
export type Engine = (typeof ENGINES)[number];

/** Opens clinics of an engine, its variants in turn. */
export function deskOpener(engine: Engine, serverUrl: string): (nth: number) => Promise<Desk> {
  return engine === 'sqlite'
    ? (nth) => sqliteDesk(nth % 2 === 0 ? 'wal' : 'delete')
    : (nth) => postgresDesk(serverUrl, nth % 2 === 0 ? 'off' : 'trigger');
}
