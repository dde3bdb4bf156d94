import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ResultAsync } from 'neverthrow';

import type { ErrorCode, MirrorError } from '../../src/domain/errors.js';
import type { ClinicMirror, Mirror } from '../../src/mirror/mirror.js';
import { MirrorFile } from '../../src/mirror/sqlite/file.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { openFile } from '../../src/mirror/sqlite/open-file.js';
import { SqliteMirror } from '../../src/mirror/sqlite/sqlite-mirror.js';
import type { MirrorHarness } from '../../src/testing/mirror-conformance.js';

/** A folder of one's own, and what undoes it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-mirror-'));
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a crash leaves: the file and its log as they lie there, and no lock. */
export function copyAsAfterCrash(from: string, to: string): void {
  for (const suffix of ['', '-wal']) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix);
}

/**
 * Crashes by copying what is on disk: the abandoned mirror keeps its file open, and its lock, until the end. Whether a *process*
 * that dies frees its lock is another test.
 */
export const sqliteHarness: MirrorHarness = {
  create: async () => {
    const { folder, remove } = temporaryFolder();
    let lives = 0;
    const path = () => join(folder, `${String(lives)}.mirror`);
    const mirrorNow = (): Mirror => sqliteMirror({ path: path() });
    return {
      mirror: mirrorNow(),
      reopen: async () => {
        const before = path();
        lives++;
        copyAsAfterCrash(before, path());
        return mirrorNow();
      },
      dispose: async () => {
        remove();
      },
    };
  },
};

/** A file that several mirrors share, so that two owners can meet in it: its lock would let nobody else in. */
export class SharedFile extends MirrorFile {
  override close(): void {
    // Until `reallyClose`.
  }

  reallyClose(): void {
    super.close();
  }
}

/** The same, with two mirrors that share one connection. */
export const sharedSqliteHarness: MirrorHarness = {
  create: async () => {
    const { folder, remove } = temporaryFolder();
    const files: SharedFile[] = [];
    const path = (life: number) => join(folder, `${String(life)}.mirror`);
    const begin = () => files.push(new SharedFile(openFile(path(files.length))));
    const mirrorNow = () => new SqliteMirror(path(files.length - 1), () => files.at(-1)!);
    begin();
    return {
      mirror: mirrorNow(),
      takeOver: async () => mirrorNow(),
      reopen: async () => {
        copyAsAfterCrash(path(files.length - 1), path(files.length));
        begin();
        return mirrorNow();
      },
      dispose: async () => {
        for (const file of files) file.reallyClose();
        remove();
      },
    };
  },
};

export async function ok<T>(answer: ResultAsync<T, MirrorError>): Promise<T> {
  const outcome = await answer;
  if (outcome.isErr()) throw outcome.error;
  return outcome.value;
}

/** The error's code, or `ok`. */
export async function code(answer: ResultAsync<unknown, MirrorError>): Promise<ErrorCode | 'ok'> {
  const outcome = await answer;
  return outcome.isErr() ? outcome.error.code : 'ok';
}

let openings = 0;

export function openClinic(mirror: Mirror, clinicId = 'northcote'): ResultAsync<ClinicMirror, MirrorError> {
  const incarnation = `inc-${String(process.pid)}-${String(++openings)}`;
  return mirror.open({ clinicId, incarnation, signal: new AbortController().signal });
}
