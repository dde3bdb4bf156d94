import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { sql } from 'kysely';

import { fault } from '../../domain/errors.js';
import { Connection } from './connection.js';
import { SQLITE, sqliteCode } from './errors.js';
import { MIGRATIONS } from './migrate.js';
import { APPLICATION_ID } from './schema.js';

/**
 * Tells whose file lies at a path, without changing a byte of it. Throws `MirrorUnreadable` for one that is not ours and
 * `MirrorTooNew` for one of a later version.
 *
 * It looks through SQLite even though 72 bytes would do: closing any descriptor of a file drops every POSIX lock that this
 * process holds on it (sqlite.org/howtocorrupt.html, 2.2), another mirror's included; SQLite knows its own locks and waits.
 */
export function identify(path: string): 'absent' | 'empty' | 'ours' {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'absent';
  if (!stat.isFile()) throw fault('MirrorUnreadable');
  if (stat.size === 0) return 'empty';
  const { applicationId, version } = readHeader(path);
  if (applicationId !== APPLICATION_ID) throw fault('MirrorUnreadable');
  if (version > MIGRATIONS.length) throw fault('MirrorTooNew');
  return 'ours';
}

function readHeader(path: string): { applicationId: number; version: number } {
  const location = pathToFileURL(path);
  // Immutable: no lock is taken, no journal is looked for, nothing is written beside it.
  location.search = '?mode=ro&immutable=1';
  const connection = new Connection(location.href, { readOnly: true, defensive: false });
  try {
    // Lets a truncated file tell its name all the same; a defensive connection, Node's default from 24 on, would not obey.
    connection.pragma(sql`pragma writable_schema = on`);
    return {
      applicationId: Number(connection.pragma(sql`pragma application_id`)),
      version: Number(connection.pragma(sql`pragma user_version`)),
    };
  } catch (error) {
    if (sqliteCode(error) === SQLITE.NOTADB) throw fault('MirrorUnreadable');
    throw error;
  } finally {
    connection.close();
  }
}
