import { errAsync, okAsync, type ResultAsync } from 'neverthrow';

import { ClinicSyncError, fault, type MirrorError, type MirrorErrorCode } from '../../domain/errors.js';

/** SQLite's primary result codes (sqlite.org/rescode.html) that mean something to us. */
export const SQLITE = {
  ERROR: 1,
  BUSY: 5,
  LOCKED: 6,
  CORRUPT: 11,
  FULL: 13,
  CONSTRAINT: 19,
  NOTADB: 26,
} as const;

const MEANING: Readonly<Record<number, MirrorErrorCode>> = {
  [SQLITE.BUSY]: 'MirrorInUse',
  [SQLITE.LOCKED]: 'MirrorInUse',
  [SQLITE.CORRUPT]: 'MirrorCorrupt',
  [SQLITE.NOTADB]: 'MirrorCorrupt',
  [SQLITE.FULL]: 'MirrorFull',
  // Every insert clears its key first, and nothing writes a value that its column refuses: what is in the way, or what was read
  // and is written back, is damaged.
  [SQLITE.CONSTRAINT]: 'MirrorCorrupt',
};

/** What a caller sees of something that is not what was written: `what` names the table or field, never its content. */
export function damaged(what: string): MirrorError {
  return fault('MirrorCorrupt', undefined, { field: what });
}

/** The primary result code of an error of node:sqlite; `undefined` for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const extended = extendedCode(error);
  return extended === undefined ? undefined : extended & 0xff;
}

function extendedCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

export function toMirrorError(error: unknown): MirrorError {
  if (error instanceof ClinicSyncError) return error as MirrorError;
  const extended = extendedCode(error);
  if (extended !== undefined) {
    return fault(MEANING[extended & 0xff] ?? 'MirrorFailed', undefined, { driverCode: `SQLITE_${String(extended)}` });
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined) return fault('MirrorFailed');
  // node:sqlite refuses integers beyond 2^53. We never wrote one.
  if (code === 'ERR_OUT_OF_RANGE') return damaged('integer');
  return fault(code === 'ENOSPC' || code === 'EDQUOT' ? 'MirrorFull' : 'MirrorFailed', undefined, { driverCode: code });
}

/** Runs `work` at once; what it throws becomes the error. */
export function attempt<T>(work: () => T): ResultAsync<T, MirrorError> {
  try {
    return okAsync(work());
  } catch (error) {
    return errAsync(toMirrorError(error));
  }
}
