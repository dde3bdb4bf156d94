import { fault, type AdapterError, type AdapterErrorCode } from 'clinic-sync';
import Firebird from 'node-firebird';

/** Where an error came from: the same code can mean something else to a statement that writes. */
export type During = 'connecting' | 'reading' | 'writing';

const CODE = Firebird.GDSCode;

/** The first code of the server's status vector, which is all that the driver keeps of it. */
const MEANINGS: ReadonlyMap<number, AdapterErrorCode> = new Map<number, AdapterErrorCode>([
  [CODE.LOGIN, 'ClinicRefused'],
  [335_545_064, 'ClinicRefused'], // one side insists on encryption, the other has none
  [CODE.WRONG_ODS, 'ClinicRefused'],
  [CODE.BAD_DB_FORMAT, 'ClinicRefused'],
  [CODE.NO_PRIV, 'PermissionDenied'],
  [CODE.READ_ONLY_DATABASE, 'PermissionDenied'],
  [CODE.READ_ONLY_TRANS, 'PermissionDenied'],
  [CODE.READ_ONLY_VIEW, 'PermissionDenied'],
  // A table or column that is not there is told beneath this one, as is a statement that cannot be parsed.
  [CODE.DSQL_ERROR, 'SchemaMismatch'],
  [CODE.DEADLOCK, 'ClinicBusy'],
  [CODE.LOCK_CONFLICT, 'ClinicBusy'],
  [CODE.LOCK_TIMEOUT, 'ClinicBusy'],
  [CODE.UPDATE_CONFLICT, 'ClinicBusy'],
  [CODE.CONCURRENT_TRANSACTION, 'ClinicBusy'],
  [CODE.RELATION_LOCK, 'ClinicBusy'],
  [CODE.OBJ_IN_USE, 'ClinicBusy'],
  [CODE.MAX_ATT_EXCEEDED, 'ClinicBusy'],
  [CODE.VIRMEMEXH, 'ClinicBusy'],
  [CODE.CANCELLED, 'ClinicTimeout'],
  [CODE.SHUTDOWN, 'ClinicUnreachable'],
  [CODE.SHUTINPROG, 'ClinicUnreachable'],
  [CODE.ATT_SHUTDOWN, 'ClinicUnreachable'],
  [CODE.CONN_LOST, 'ClinicUnreachable'],
  [CODE.LOST_DB_CONNECTION, 'ClinicUnreachable'],
  [CODE.NETWORK_ERROR, 'ClinicUnreachable'],
  [CODE.NET_READ_ERR, 'ClinicUnreachable'],
  [CODE.NET_WRITE_ERR, 'ClinicUnreachable'],
]);

/** A value that the database will not keep; to a statement that reads, a column that is not as it was. */
const VALUES: ReadonlySet<number> = new Set([
  CODE.ARITH_EXCEPT,
  CODE.CONVERT_ERROR,
  CODE.TRANSLITERATION_FAILED,
  CODE.MALFORMED_STRING,
  CODE.NOT_VALID,
  CODE.NOT_VALID_FOR,
  CODE.NO_DUP,
  CODE.UNIQUE_KEY_VIOLATION,
  CODE.FOREIGN_KEY,
  CODE.CHECK_CONSTRAINT,
  // Raised by a trigger of the clinic's.
  CODE.EXCEPT,
  CODE.EXCEPT2,
]);

/** What a table's trigger, an index or the disk had against it is undone by the server; these can be sent again. */
export function isConflict(error: unknown): boolean {
  return gdscodeOf(error) !== undefined && toFault(error, 'writing').code === 'ClinicBusy';
}

/** Maps what the driver, Node or a statement threw. Messages of the server quote values, so none is passed on. */
export function toFault(error: unknown, during: During): AdapterError {
  const gdscode = gdscodeOf(error);
  if (gdscode !== undefined) return fault(meaningOf(gdscode, during), undefined, { driverCode: String(gdscode) });
  const { code } = Object(error) as { code?: unknown };
  // The driver gives no code to what it says of a connection that has ended.
  if (typeof code !== 'string') return fault('ClinicUnreachable');
  const isProtocol = code.startsWith('ERR_');
  const meaning = isProtocol ? 'ClinicProtocol' : code === 'ETIMEDOUT' ? 'ClinicTimeout' : 'ClinicUnreachable';
  return fault(meaning, undefined, { driverCode: code });
}

function gdscodeOf(error: unknown): number | undefined {
  const { gdscode } = Object(error) as { gdscode?: unknown };
  return typeof gdscode === 'number' ? gdscode : undefined;
}

function meaningOf(gdscode: number, during: During): AdapterErrorCode {
  // No such database, or none that the server may open; later on, a disk that fails.
  if (gdscode === CODE.IO_ERROR || gdscode === CODE.UNAVAILABLE)
    return during === 'connecting' ? 'ClinicRefused' : 'ClinicUnreachable';
  if (VALUES.has(gdscode)) return during === 'writing' ? 'Unstorable' : 'SchemaMismatch';
  return MEANINGS.get(gdscode) ?? 'ClinicProtocol';
}
