import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';

import { sql } from 'kysely';

import { Connection } from './connection.js';
import { identify } from './identify.js';
import { migrate } from './migrate.js';

/** Only the owner of the process reads and writes it. SQLite gives the write-ahead log the mode of its file. */
const PRIVATE = 0o600;
const BEYOND_PRIVATE = 0o077;

/** The write-ahead log lies beside its file. */
const withLog = (path: string) => [path, `${path}-wal`];

/**
 * Opens a mirror file, making it where there is none, and holds it against every other connection until it is closed or the
 * process dies: in exclusive locking mode the lock is the operating system's, and no shared memory file is needed.
 */
export function openFile(path: string): Connection {
  if (identify(path) === 'absent') closeSync(openSync(path, 'wx', PRIVATE));
  withLog(path).forEach(makePrivate);
  const connection = new Connection(path);
  try {
    // Before anything else: set later, it would not keep the first access from making shared memory.
    connection.pragma(sql`pragma locking_mode = exclusive`);
    connection.pragma(sql`pragma synchronous = full`);
    connection.pragma(sql`pragma cache_size = -16384`);
    // A write of nothing takes the lock.
    connection.transaction(() => undefined);
    migrate(connection);
    connection.pragma(sql`pragma journal_mode = wal`);
    connection.pragma(sql`pragma wal_autocheckpoint = 4000`);
    connection.pragma(sql`pragma journal_size_limit = 33554432`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function makePrivate(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined && (mode & BEYOND_PRIVATE) !== 0) chmodSync(path, PRIVATE);
}

/** Moves a damaged file of ours to `<path>.corrupt`, where it takes the place of one that was moved there before. */
export function setAside(path: string): void {
  for (const [from, to] of [
    [path, `${path}.corrupt`],
    [`${path}-wal`, `${path}.corrupt-wal`],
  ] as const) {
    rmSync(to, { force: true });
    if (existsSync(from)) renameSync(from, to);
  }
}
