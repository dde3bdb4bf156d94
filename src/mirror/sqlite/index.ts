/**
 * The embedded default store: `sqliteMirror({ path: 'clinics.mirror' })`.
 *
 * One file holds as many clinics as you like. It belongs to one process at a time, which holds an operating system lock on it
 * from its first open clinic to its last: everybody else gets `MirrorInUse`, and a process that dies frees it at once. Keep it on
 * a local disk. The file and the `-wal` beside it are mode 0600 and hold no patient data; deleting both purges them.
 *
 * **Durable.** A commit has reached the disk when it answers. It costs one flush, and blocks the thread for as long.
 *
 * **Damage.** What can be told to be damaged answers `MirrorCorrupt`, and `discard` takes that clinic out of the file without
 * reading it. If the damage is not only that clinic's, and no other clinic is open in this process, the whole file is moved to
 * `<path>.corrupt` (replacing one from before) and every clinic in it starts afresh at its next opening. While others are open
 * `discard` answers `MirrorCorrupt`; close them first. A file that is not recognised as a mirror is never touched
 * (`MirrorUnreadable`), not even when it was one before its first bytes were destroyed: move it away yourself.
 *
 * **Size.** Space that rows leave is used again, but the file does not shrink.
 */
import { resolve } from 'node:path';

import type { Mirror } from '../mirror.js';
import { SqliteMirror } from './sqlite-mirror.js';

export interface SqliteMirrorOptions {
  /** Where the file is, or is to be made; its folder must exist. Relative paths start at the working directory of now. */
  readonly path: string;
}

/** Opens nothing yet. Throws a `TypeError` for a path that names no file. */
export function sqliteMirror(options: SqliteMirrorOptions): Mirror {
  if (options.path === '' || options.path.startsWith(':') || options.path.includes('\0')) {
    throw new TypeError('sqliteMirror: `path` must name a file; for a mirror in memory use memoryMirror().');
  }
  return new SqliteMirror(resolve(options.path));
}
