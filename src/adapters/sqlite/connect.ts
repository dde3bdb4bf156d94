import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

import { sql, type Kysely } from 'kysely';

import { fault, type AdapterError } from '../../domain/errors.js';
import { kyselyOver } from './dialect.js';
import { toFault } from './errors.js';
import type { ResolvedSqliteOptions } from './options.js';

export interface Connection {
  readonly db: Kysely<object>;
  /** Idempotent. Kysely itself closes only a connection that it has used. */
  close(): void;
}

/** Opens one connection. A missing file is an error, and none is made. */
export function openConnection(options: ResolvedSqliteOptions, access: 'read' | 'write' = 'read'): Connection {
  const location = pathToFileURL(options.path);
  location.searchParams.set('mode', access === 'read' ? 'ro' : 'rw');
  const database = new DatabaseSync(location, {
    readOnly: access === 'read',
    timeout: options.busyTimeoutMs,
    // Otherwise a misspelt column in double quotes would silently be a text.
    enableDoubleQuotedStringLiterals: false,
  });
  return {
    db: kyselyOver(database),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

/** Which file a path leads to. */
export async function fileIdentity(path: string): Promise<string> {
  const file = await stat(path, { bigint: true });
  return [file.dev, file.ino, file.birthtimeNs].map(String).join(':');
}

/**
 * `ClinicUnreachable` unless the path still leads to the file that was opened. A connection goes on reading a file that was
 * deleted or renamed away, and would never hear of what happens in the one that took its place.
 */
export async function movedFile(path: string, opened: string): Promise<AdapterError | undefined> {
  try {
    const present = await fileIdentity(path);
    return present === opened ? undefined : fault('ClinicUnreachable', 'The database file was replaced by another.');
  } catch (error) {
    return toFault(error);
  }
}

/** True in write-ahead mode, where readers and writers do not wait for each other. */
export async function isWriteAhead(db: Kysely<object>): Promise<boolean> {
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
  return rows[0]?.journal_mode === 'wal';
}
