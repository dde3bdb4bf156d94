import { fault, type AdapterError, type AdapterErrorCode } from '../../domain/errors.js';
import type { During } from '../sql/during.js';
import type { Again } from '../sql/in-write-session.js';
import { systemFault } from '../sql/system-errors.js';

/** SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) that mean something other than their class. */
const BY_STATE: Readonly<Record<string, AdapterErrorCode>> = {
  '25P03': 'ClinicUnreachable', // idle_in_transaction_session_timeout: the session is gone
  '25P04': 'ClinicUnreachable', // transaction_timeout, likewise
  '3D000': 'ClinicRefused', // no such database
  '3F000': 'SchemaMismatch', // no such schema
  '40001': 'ClinicBusy', // serialization failure; on a standby, a conflict with recovery
  '40P01': 'ClinicBusy', // deadlock
  '25006': 'PermissionDenied', // read-only transaction: a standby, or a login that is made read-only
  '42501': 'PermissionDenied',
  '42703': 'SchemaMismatch', // no such column
  '42804': 'SchemaMismatch', // a column changed its type
  '42883': 'SchemaMismatch', // no operator or function for a column's changed type
  '42P01': 'SchemaMismatch', // no such table
  '53300': 'ClinicBusy', // too many connections
  '55P03': 'ClinicBusy', // lock not available: lock_timeout
  '57014': 'ClinicTimeout', // query cancelled: statement_timeout
  '57P03': 'ClinicBusy', // cannot connect now: starting up or shutting down
  '57P05': 'ClinicUnreachable', // idle session timeout
};

const BY_STATE_CLASS: Readonly<Record<string, AdapterErrorCode>> = {
  '08': 'ClinicUnreachable', // connection exception
  '22': 'SchemaMismatch', // data exception: a column does not hold what its type said
  '28': 'ClinicRefused', // invalid authorization
  '40': 'ClinicBusy', // transaction rollback
  '53': 'ClinicBusy', // insufficient resources
  '57': 'ClinicUnreachable', // operator intervention: shutdown, crash, dropped database
  '58': 'ClinicUnreachable', // system error
};

/** Classes that mean something else to a statement that writes. */
const OF_WRITING: Readonly<Record<string, AdapterErrorCode>> = {
  '22': 'Unstorable', // data exception: too long, out of range, not of the column's form
  '23': 'Unstorable', // integrity constraint: NULL, unique, foreign key, check
  '44': 'Unstorable', // a view's WITH CHECK OPTION
  P0: 'Unstorable', // raised by a trigger of the clinic's
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Maps what `pg`, Node or a statement threw. Messages of the server quote values, so none is passed on. */
export function toFault(error: unknown, during: During = 'reading'): AdapterError {
  const { code, severity } = Object(error) as { code?: unknown; severity?: unknown };
  if (typeof code !== 'string') {
    // `pg` gives no code to its own errors: a connection that ended, or did not come about in time.
    return fault(error instanceof TypeError ? 'ClinicProtocol' : 'ClinicUnreachable');
  }
  if (severity !== undefined && SQLSTATE.test(code)) {
    const stateClass = code.slice(0, 2);
    const written = during === 'writing' ? OF_WRITING[stateClass] : undefined;
    const meaning = BY_STATE[code] ?? written ?? BY_STATE_CLASS[stateClass] ?? 'ClinicProtocol';
    return fault(meaning, undefined, { driverCode: code });
  }
  const isProtocol = code.startsWith('ERR_') && during !== 'connecting' && !('syscall' in Object(error));
  return (
    systemFault(error) ?? fault(isProtocol ? 'ClinicProtocol' : 'ClinicUnreachable', undefined, { driverCode: code })
  );
}

/** Of a deadlock or a failed serialization the server has undone the whole statement. */
export function againAfter(error: unknown): Again {
  const { code } = Object(error) as { code?: unknown };
  return code === '40P01' || code === '40001' ? 'at-once' : 'never';
}
