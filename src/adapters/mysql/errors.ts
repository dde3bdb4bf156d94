import { fault, type AdapterError, type AdapterErrorCode } from '../../domain/errors.js';
import type { During } from '../sql/during.js';
import type { Again } from '../sql/in-write-session.js';
import { BAD_CERTIFICATE, NO_TLS, systemFault } from '../sql/system-errors.js';

/**
 * Numbers of MySQL's errors (https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html) and of MariaDB's own
 * (https://mariadb.com/kb/en/mariadb-error-code-reference/).
 */
const BY_NUMBER: Readonly<Record<number, AdapterErrorCode>> = {
  1020: 'ClinicBusy', // record has changed since last read (MariaDB, innodb_snapshot_isolation)
  1021: 'ClinicBusy', // disk full
  1037: 'ClinicBusy', // out of memory
  1040: 'ClinicBusy', // too many connections
  1041: 'ClinicBusy', // out of resources
  1044: 'ClinicRefused', // no right to the database
  1045: 'ClinicRefused', // wrong user or password
  1049: 'ClinicRefused', // no such database
  1054: 'SchemaMismatch', // no such column
  1114: 'ClinicBusy', // the table, or the disk under it, is full
  1129: 'ClinicRefused', // this host is blocked
  1130: 'ClinicRefused', // this host may not connect
  1142: 'PermissionDenied', // for a table
  1143: 'PermissionDenied', // for a column
  1146: 'SchemaMismatch', // no such table
  1203: 'ClinicBusy', // too many connections of this login
  1205: 'ClinicBusy', // waited too long for a lock
  1213: 'ClinicBusy', // deadlock
  1226: 'ClinicBusy', // this login's allowance is used up
  1227: 'PermissionDenied',
  1251: 'ClinicRefused', // the server's way to authenticate is not the client's
  1267: 'SchemaMismatch', // a column's character set cannot be compared
  1290: 'PermissionDenied', // the server runs with --read-only
  1317: 'ClinicTimeout', // the statement was killed
  1356: 'SchemaMismatch', // a view that refers to what is gone
  1370: 'PermissionDenied', // for a routine
  1698: 'ClinicRefused', // wrong user or password
  1792: 'PermissionDenied', // read-only transaction
  1820: 'ClinicRefused', // the password has expired
  1836: 'PermissionDenied', // the server is in read-only mode
  1862: 'ClinicRefused', // the password has expired
  1969: 'ClinicTimeout', // max_statement_time (MariaDB)
  3024: 'ClinicTimeout', // max_execution_time (MySQL)
  3118: 'ClinicRefused', // the account is locked
  3159: 'ClinicRefused', // the server wants TLS
  4151: 'ClinicRefused', // the account is locked (MariaDB)
};

/** The server ends the connection: shutdown, kill, idle for too long. */
const ENDINGS: ReadonlySet<number> = new Set([1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031]);

/** SQLSTATE classes that mean a value was refused by a statement that writes; elsewhere, a column not as it was. */
const VALUE_CLASSES: ReadonlySet<string> = new Set(['21', '22', '23', '44', '45']);

/** The same, where the server says no more than `HY000`. */
const VALUE_NUMBERS: ReadonlySet<number> = new Set([1364, 1366, 1369, 1411, 1526, 1366, 3819, 4025]);

const REFUSALS: ReadonlySet<string> = new Set(['AUTH_SWITCH_PLUGIN_ERROR', 'ER_NOT_SUPPORTED_AUTH_MODE']);

/** Maps what `mysql2`, Node or a statement threw. Messages of the server quote values, so none is passed on. */
export function toFault(error: unknown, during: During = 'reading'): AdapterError {
  const { code, errno, sqlState, fatal } = Object(error) as Partial<Record<string, unknown>>;
  if (typeof errno === 'number' && errno >= 1000 && typeof sqlState === 'string') {
    return fault(meaningOf(errno, sqlState, during), undefined, { driverCode: String(errno) });
  }
  // The driver gives no code to what it says of a connection that has ended.
  if (typeof code !== 'string') return fault(fatal === true ? 'ClinicUnreachable' : 'ClinicProtocol');
  const driverCode = { driverCode: code };
  if (REFUSALS.has(code)) return fault('ClinicRefused', undefined, driverCode);
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return fault('ClinicRefused', NO_TLS, driverCode);
  if (code === 'HANDSHAKE_SSL_ERROR') return tlsFault(error);
  const known = systemFault(error);
  if (known) return known;
  const isProtocol = code.startsWith('ERR_') || code.includes('PACKET') || code.startsWith('ER_');
  return fault(isProtocol ? 'ClinicProtocol' : 'ClinicUnreachable', undefined, driverCode);
}

/**
 * Of whatever goes wrong while TLS begins the driver replaces the code by this one; what it was shows in the rest of the error. A
 * connection that ended has a system call, or the place from which Node had dialled; OpenSSL says its reason, from which Node
 * makes its codes.
 */
function tlsFault(error: unknown): AdapterError {
  const { library, reason } = Object(error) as Partial<Record<string, unknown>>;
  const driverCode = 'HANDSHAKE_SSL_ERROR';
  const ended = ['syscall', 'localAddress'].some((name) => name in Object(error));
  if (ended) return fault('ClinicUnreachable', undefined, { driverCode });
  if (library === undefined) return fault('ClinicRefused', BAD_CERTIFICATE, { driverCode });
  const code = `ERR_SSL_${String(reason).toUpperCase().replaceAll(' ', '_')}`;
  return systemFault({ code }) ?? fault('ClinicProtocol', undefined, { driverCode: code });
}

function meaningOf(errno: number, sqlState: string, during: During): AdapterErrorCode {
  const known = BY_NUMBER[errno];
  if (known) return known;
  if (ENDINGS.has(errno) || sqlState.startsWith('08')) return 'ClinicUnreachable';
  if (VALUE_CLASSES.has(sqlState.slice(0, 2)) || VALUE_NUMBERS.has(errno))
    return during === 'writing' ? 'Unstorable' : 'SchemaMismatch';
  return sqlState.startsWith('42') ? 'SchemaMismatch' : 'ClinicProtocol';
}

const DEADLOCK = 1213;
const LOCKED = 1205;

/** The server undoes the whole of a deadlock's victim. A lock is waited for by asking again where the server was told not to wait. */
export function againAfter(error: unknown, waitsItself: boolean): Again {
  const { errno } = Object(error) as { errno?: unknown };
  if (errno === DEADLOCK) return 'at-once';
  return errno === LOCKED && !waitsItself ? 'soon' : 'never';
}
