export type {
  AppointmentMapping,
  BookingMapping,
  SessionMapping,
  SqlSchema,
  TableMapping,
  TableName,
  TimeForm,
} from './schema.js';
export { DEFAULT_LONGEST_ROW_MS } from './resolve.js';
export type { Password, Route, SqlConnection, SqlLogin, TlsMode } from './connection.js';
