import { fault, type AdapterError, type AdapterErrorCode } from '../../domain/errors.js';
import type { During } from '../sql/during.js';
import type { Again } from '../sql/in-write-session.js';
import { systemFault } from '../sql/system-errors.js';

/** https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors */
const BY_NUMBER: Readonly<Record<number, AdapterErrorCode>> = {
  195: 'SchemaMismatch', // no such function: the server has changed under us
  207: 'SchemaMismatch', // no such column
  208: 'SchemaMismatch', // no such table
  229: 'PermissionDenied', // for a table
  230: 'PermissionDenied', // for a column
  262: 'PermissionDenied', // for a statement
  297: 'PermissionDenied',
  300: 'PermissionDenied', // for the server's state
  468: 'SchemaMismatch', // columns of different collations
  701: 'ClinicBusy', // out of memory
  802: 'ClinicBusy', // out of buffers
  904: 'ClinicBusy', // the database cannot be started just now
  916: 'ClinicRefused', // this login may not enter the database
  921: 'ClinicBusy', // the database is not recovered yet
  922: 'ClinicBusy', // the database is being recovered
  923: 'ClinicBusy', // the database is restricted
  924: 'ClinicBusy', // the database has room for one user
  927: 'ClinicBusy', // the database is being restored
  942: 'ClinicBusy', // the database is offline
  945: 'ClinicBusy', // the database's files are not to be had
  976: 'ClinicBusy', // the database is another replica's
  978: 'ClinicRefused', // the replica wants readers that say so
  983: 'ClinicBusy', // the replica is changing its role
  1105: 'ClinicBusy', // the disk, or the file's limit (10 GB with Express), is full
  1204: 'ClinicBusy', // no locks left
  1205: 'ClinicBusy', // deadlock
  1222: 'ClinicBusy', // waited too long for a lock
  3906: 'PermissionDenied', // the database is read-only
  3960: 'ClinicBusy', // a row has changed since the snapshot
  4060: 'ClinicRefused', // no such database, or none of this login's
  4502: 'SchemaMismatch', // a view that refers to what is gone
  4413: 'SchemaMismatch', // a view that refers to what is gone
  8645: 'ClinicBusy', // waited too long for memory
  9002: 'ClinicBusy', // the log is full
  10928: 'ClinicBusy', // too many workers (Azure)
  10929: 'ClinicBusy',
  18452: 'ClinicRefused', // wrong domain
  18456: 'ClinicRefused', // wrong user or password
  18461: 'ClinicBusy', // the server has room for one user
  18470: 'ClinicRefused', // the login is disabled
  18486: 'ClinicRefused', // the login is locked
  18487: 'ClinicRefused', // the password has expired
  18488: 'ClinicRefused', // the password must be changed
  40197: 'ClinicBusy', // the service is being moved (Azure)
  40501: 'ClinicBusy', // the service is busy (Azure)
  40613: 'ClinicBusy', // the database is not to be had just now (Azure)
};

/** The server ends the connection: shutdown, kill, restart. */
const ENDINGS: ReadonlySet<number> = new Set([596, 6005, 6006, 17142, 17147, 17148, 17187, 17830]);

/** A value was refused by a statement that writes; elsewhere, a column is not as it was. */
const VALUES: ReadonlySet<number> = new Set([
  220, // out of the type's range
  232,
  241, // not a time
  242, // out of a time's range
  245, // not of the column's type
  248,
  273, // a column of the server's own
  295,
  515, // NULL
  530,
  544, // an id of the server's own
  547, // foreign key, check
  550, // a view's WITH CHECK OPTION
  2601, // unique index
  2627, // unique
  2628, // too long
  3609, // a trigger ended the transaction
  3616, // a trigger failed
  8114, // not of the column's type
  8115, // out of the type's range
  8152, // too long
  8169, // not a UUID
]);

/** What the clinic's own triggers raise. */
const RAISED = 50_000;

/** Codes of the driver's own. */
const BY_CODE: Readonly<Record<string, AdapterErrorCode>> = {
  ECANCEL: 'ClinicTimeout',
  ECLOSE: 'ClinicUnreachable',
  EENCRYPT: 'ClinicRefused',
  EINSTLOOKUP: 'ClinicUnreachable',
  EINTERFACENOTSUPP: 'ClinicProtocol',
  EINVALIDSTATE: 'ClinicUnreachable',
  ELOGIN: 'ClinicRefused',
  ESOCKET: 'ClinicUnreachable',
  ETDS: 'ClinicProtocol',
  ETIMEOUT: 'ClinicTimeout',
};

const DISAGREED = 'The server and connection.tls do not agree on whether to encrypt.';

/** Maps what `tedious`, Node or a statement threw. Messages of the server quote values, so none is passed on. */
export function toFault(error: unknown, during: During = 'reading'): AdapterError {
  const number = numberOf(error);
  if (number !== undefined) return fault(meaningOf(number, during), undefined, { driverCode: String(number) });
  const causes = causesOf(error);
  const known =
    firstKnown(causes, (_, cause) => systemFault(cause)) ??
    firstKnown(causes, (code, { isTransient }) => coded(code, isTransient === true ? 'ClinicBusy' : BY_CODE[code])) ??
    firstKnown(causes, (code, cause) => coded(code, 'syscall' in cause ? 'ClinicUnreachable' : undefined));
  if (known) return known;
  // The driver gives no code to what it says of messages that it cannot read.
  return fault('ClinicProtocol');
}

function firstKnown(
  causes: readonly Readonly<Record<string, unknown>>[],
  meaning: (code: string, cause: Readonly<Record<string, unknown>>) => AdapterError | undefined,
): AdapterError | undefined {
  for (const cause of causes) {
    const { code } = cause;
    const known = typeof code === 'string' ? meaning(code, cause) : undefined;
    if (known) return known;
  }
  return undefined;
}

function coded(driverCode: string, meaning: AdapterErrorCode | undefined): AdapterError | undefined {
  return meaning && fault(meaning, driverCode === 'EENCRYPT' ? DISAGREED : undefined, { driverCode });
}

/** The innermost first: the driver wraps what a socket said. */
function causesOf(error: unknown): Readonly<Record<string, unknown>>[] {
  const causes: Record<string, unknown>[] = [];
  const [first] = partsOf(error);
  for (let each = Array.isArray(error) ? first : error; each instanceof Error && causes.length < 5; each = each.cause) {
    causes.unshift(each as unknown as Record<string, unknown>);
    if (each instanceof AggregateError) causes.unshift(...(each.errors as Record<string, unknown>[]));
  }
  return causes;
}

/** What failed for several reasons comes from the driver as one error, and from Kysely's dialect as a list of them. */
function partsOf(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError) return error.errors;
  return Array.isArray(error) ? error : [error];
}

/** Of several reasons what came first is why. */
function numberOf(error: unknown): number | undefined {
  return partsOf(error)
    .map((each) => (Object(each) as { number?: unknown }).number)
    .find((each) => typeof each === 'number');
}

function meaningOf(number: number, during: During): AdapterErrorCode {
  const known = BY_NUMBER[number];
  if (known) return known;
  if (ENDINGS.has(number)) return 'ClinicUnreachable';
  if (VALUES.has(number)) return during === 'writing' ? 'Unstorable' : 'SchemaMismatch';
  return number >= RAISED && during === 'writing' ? 'Unstorable' : 'ClinicProtocol';
}

/** Of a deadlock the server has undone the whole batch. */
export function againAfter(error: unknown): Again {
  return numberOf(error) === 1205 ? 'at-once' : 'never';
}
