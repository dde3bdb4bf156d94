import { watch, type FSWatcher } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** After a write to the files, how long until each look for the commit that it belongs to: files are written before. */
const LOOKS_MS = [0, 5, 20, 80, 250];

/**
 * Network and user-space file systems, where a watch hears only of this machine's own writes (magic numbers of statfs(2)): NFS,
 * SMB, CIFS, SMB2, FUSE, 9p.
 */
const DEAF_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997,
]);

export interface WatchOptions {
  readonly path: string;
  /** A number that moves with every commit. */
  readonly version: () => Promise<string>;
  /** A commit can be read that could not before. */
  readonly onCommit: () => void;
  /** The watch ended by itself. */
  readonly onEnd: () => void;
}

/** Whether a watch on this file would hear of what other machines write. */
export async function hearsEveryWrite(path: string): Promise<boolean> {
  return !DEAF_FILE_SYSTEMS.has((await statfs(path)).type);
}

/** Watches the database's files. `undefined` where a watch would not hear of every commit. */
export async function watchCommits(options: WatchOptions): Promise<{ close(): void } | undefined> {
  const { path, version, onCommit, onEnd } = options;
  let watcher: FSWatcher;
  let last: string;
  try {
    if (!(await hearsEveryWrite(path))) return undefined;
    // The directory: a rollback journal comes and goes, and so may the write-ahead log.
    watcher = watch(dirname(path), { persistent: false });
    last = await version();
  } catch {
    return undefined;
  }
  const name = basename(path);
  const names = new Set([name, `${name}-wal`, `${name}-journal`]);
  let closed = false;
  let looking = false;
  let timer: NodeJS.Timeout | undefined;
  /** Which of {@link LOOKS_MS} comes next; 0 while a write has not been looked for at all. */
  let step = LOOKS_MS.length;

  const look = async () => {
    looking = true;
    step++;
    const present = await version().catch(() => last);
    looking = false;
    if (closed) return;
    if (present !== last) {
      last = present;
      onCommit();
      // Written to since this look began: that may be another commit's.
      if (step > 0) step = LOOKS_MS.length;
    }
    schedule();
  };
  const schedule = () => {
    const wait = LOOKS_MS[step];
    if (wait !== undefined) timer = setTimeout(() => void look(), wait).unref();
  };
  const close = () => {
    closed = true;
    clearTimeout(timer);
    watcher.close();
  };
  watcher.on('change', (_kind, file) => {
    // Some platforms do not say which file it was.
    if (closed || (file !== null && !names.has(file.toString()))) return;
    // Also while an earlier write's commit is waited for: this one is not to wait as long.
    if (step === 0) return;
    step = 0;
    clearTimeout(timer);
    if (!looking) schedule();
  });
  watcher.on('error', () => {
    if (closed) return;
    close();
    onEnd();
  });
  return { close };
}
