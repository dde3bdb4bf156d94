import { fault, type AdapterError, type AdapterErrorCode } from '../../domain/errors.js';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that a reader can meet; the others are `ClinicProtocol`. */
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

/** What the file system answers. */
const BY_SYSTEM: Readonly<Record<string, AdapterErrorCode>> = {
  EACCES: 'PermissionDenied',
  EPERM: 'PermissionDenied',
};

/** Maps what `node:sqlite` or `node:fs` threw. Never passes a message on: SQLite's quote SQL. */
export function toFault(error: unknown): AdapterError {
  const { errcode, code } = Object(error) as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') {
    // The low byte of an extended result code is the primary one.
    return fault(BY_RESULT[errcode & 0xff] ?? 'ClinicProtocol', undefined, { driverCode: `SQLITE_${String(errcode)}` });
  }
  if (error instanceof Error && typeof code === 'string' && 'syscall' in error) {
    return fault(BY_SYSTEM[code] ?? 'ClinicUnreachable', undefined, { driverCode: code });
  }
  return fault('ClinicProtocol', undefined, typeof code === 'string' ? { driverCode: code } : {});
}
