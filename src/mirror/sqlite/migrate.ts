import { sql } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Connection } from './connection.js';
import { version1 } from './migrations/version-1.js';
import { version2 } from './migrations/version-2.js';
import { version3 } from './migrations/version-3.js';
import { APPLICATION_ID } from './schema.js';
import { builder } from './statement.js';

/** Brings a file from the version before to its own; runs inside a transaction. */
export type Migration = (connection: Connection) => void;

/** In order; the first makes version 1 of an empty file. Never change one that was released: add another. */
export const MIGRATIONS: readonly Migration[] = [version1, version2, version3];

/**
 * Brings the file to the newest version, all steps or none. The first one happens before the file is in WAL mode, and each of
 * the later ones ends with a checkpoint: so whoever looks at the file alone sees whose it is and which version.
 */
export function migrate(connection: Connection, migrations: readonly Migration[] = MIGRATIONS): void {
  const version = Number(connection.pragma(sql`pragma user_version`));
  if (version > migrations.length) throw fault('MirrorTooNew');
  if (version === migrations.length) return;
  connection.transaction(() => {
    // Pragmas take no parameters; both values are ours.
    connection.execute(raw(`pragma application_id = ${String(APPLICATION_ID)}`));
    for (const migration of migrations.slice(version)) migration(connection);
    connection.execute(raw(`pragma user_version = ${String(migrations.length)}`));
  });
  if (version > 0) connection.pragma(sql`pragma wal_checkpoint(truncate)`);
}

function raw(text: string) {
  return { compile: () => sql.raw(text).compile(builder) };
}
