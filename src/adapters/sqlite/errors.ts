import { fault, type AdapterError, type AdapterErrorCode } from '../../domain/errors.js';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that a reader can meet; all others are `ClinicProtocol`. */
const BY_RESULT: Readonly<Record<number, AdapterErrorCode>> = {
  1: 'SchemaMismatch', // ERROR: our statements are fixed, so a name in them is gone
  3: 'PermissionDenied', // PERM
  5: 'ClinicBusy', // BUSY
  6: 'ClinicBusy', // LOCKED
  8: 'ClinicBusy', // READONLY: a crashed writer's journal waits for a writer to roll it back
  10: 'ClinicUnreachable', // IOERR
  14: 'ClinicUnreachable', // CANTOPEN
  15: 'ClinicBusy', // PROTOCOL: lost a race for the WAL's locks
  17: 'ClinicBusy', // SCHEMA: changed while preparing
  23: 'PermissionDenied', // AUTH
};

/** Those that mean something else to a writer. */
const OF_WRITING: Readonly<Record<number, AdapterErrorCode>> = {
  8: 'PermissionDenied', // READONLY: the file or its folder may not be written
  13: 'ClinicBusy', // FULL: the disk; the transaction was rolled back
  18: 'Unstorable', // TOOBIG
  19: 'Unstorable', // CONSTRAINT
  20: 'Unstorable', // MISMATCH: a text for an integer key
};

/** What the file system answers. */
const BY_SYSTEM: Readonly<Record<string, AdapterErrorCode>> = {
  EACCES: 'PermissionDenied',
  EPERM: 'PermissionDenied',
};

/** Maps what `node:sqlite` or `node:fs` threw. Never passes a message on: SQLite's quote SQL. */
export function toFault(error: unknown): AdapterError {
  return faultOf(error, BY_RESULT);
}

export function toWriteFault(error: unknown): AdapterError {
  return faultOf(error, { ...BY_RESULT, ...OF_WRITING });
}

function faultOf(error: unknown, byResult: Readonly<Record<number, AdapterErrorCode>>): AdapterError {
  const { errcode, code } = Object(error) as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') {
    // The low byte of an extended result code is the primary one.
    return fault(byResult[errcode & 0xff] ?? 'ClinicProtocol', undefined, { driverCode: `SQLITE_${String(errcode)}` });
  }
  if (error instanceof Error && typeof code === 'string' && 'syscall' in error) {
    return fault(BY_SYSTEM[code] ?? 'ClinicUnreachable', undefined, { driverCode: code });
  }
  return fault('ClinicProtocol', undefined, typeof code === 'string' ? { driverCode: code } : {});
}
