export type {
  AppointmentMapping,
  ClinicSchema,
  ClockChange,
  ColumnRule,
  StatusClass,
  StatusMapping,
  TableMapping,
  TableName,
} from './schema/schema.js';
export type {
  BookingArgument,
  BookingMapping,
  BookingProcedure,
  FixedValue,
  RemovalMapping,
} from './schema/booking.js';
export type {
  ClockMapping,
  DayMapping,
  EndMapping,
  EndRules,
  LengthMapping,
  SplitMapping,
  StartMapping,
  TimeForm,
} from './schema/moments.js';
export type {
  FunctionMapping,
  HostSession,
  SessionMapping,
  Sessions,
  SessionSource,
  SlotMapping,
  TemplateMapping,
  WeekdayNumbers,
  WeeklyMapping,
} from './schema/sessions.js';
export { defineClinicSchema } from './schema/define.js';
export { DEFAULT_LONGEST_ROW_MS } from './schema/resolve-table.js';
export { ROSTER_DAYS } from './schema/resolve-sessions.js';
export type { Password, Route, SqlConnection, SqlLogin, TlsMode } from './connection.js';
export type { Own, OwnKysely } from './borrowed.js';
