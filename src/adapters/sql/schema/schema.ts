/**
 * What a clinic's database holds, in one typed object: which tables and columns its appointments, other busy times and rosters are
 * in, and what their values mean. It is data only (but for rosters that a function of the host's gives), so that it can be kept in
 * a file and compared. Only the columns named here are ever read; of those that `booking` names, the token alone.
 */
import type { BookingMapping, RemovalMapping } from './booking.js';
import type { EndMapping, StartMapping, TimeForm } from './moments.js';
import type { Sessions } from './sessions.js';

/** One name, or schema and name. A name is taken literally: dots, quotes and spaces in it are part of it. */
export type TableName = string | readonly [schema: string, name: string];

/** What a status means for the diary. The first three take the practitioner's time, the others do not. */
export type StatusClass = 'busy' | 'tentative' | 'completed' | 'free' | 'cancelled' | 'no-show' | 'not-a-booking';

/**
 * A column whose values say what a row is. Values are compared as texts, to the letter. A value that is not named counts as `busy`
 * and is told once (`status.unknown`).
 */
export interface StatusMapping {
  readonly column: string;
  readonly classes: Readonly<Record<string, StatusClass>>;
  /** Only so many characters from the front are compared. Default all. */
  readonly characters?: number;
  /** What NULL means. Default `busy`. */
  readonly whenNull?: StatusClass;
}

/** Values as texts, to the letter, and NULL: those that a row must have one of, or may have none of (NULL is not among those then). */
export type ColumnRule = readonly (string | null)[] | { readonly not: readonly string[] };

/** What all mapped tables have in common. Column names are taken literally. */
export interface TableMapping {
  readonly table: TableName;
  /** The key: any type with a text form (integers, text, uuid …), not NULL, unique within the table. Several columns make one key. */
  readonly id: string | readonly string[];
  /** Whose time a row takes; several columns make several practitioners of one row. Absent: everybody's, which only blockouts may. */
  readonly practitioner?: string | readonly string[];
  /** What a row means whose practitioner columns all say none: it cannot be read, or it is everybody's. Default `skip`. */
  readonly whenNone?: 'skip' | 'everyone';
  readonly location?: string;
  /** Inclusive. Wants an index that begins with this column (its date): everything is read by ranges of it. */
  readonly start: StartMapping;
  /** Exclusive. */
  readonly end: EndMapping;
  /** Of columns that hold date and time together: needed for those. For split ones `wall` (the default) or `utc`. */
  readonly time?: TimeForm;
  /** What stands between date and time where times are text. Default a space. */
  readonly separator?: ' ' | 'T';
  /** Values of practitioner and location columns that mean none, beside NULL; such as `['0', '']`. Default: none. */
  readonly none?: readonly string[];
  /** Which rows count, by columns that need not be mapped otherwise: flags of deleted rows, kinds of entries. Default all. */
  readonly only?: Readonly<Record<string, ColumnRule>>;
  readonly status?: StatusMapping;
  /**
   * No row lasts longer than this. Rows under way at the cutoff are looked for this far back, because an index on the end
   * seldom exists; a longer row leaves the copy when its start is further back. In ms, default 31 days, for blockouts 400.
   */
  readonly longestRowMs?: number;
}

export interface AppointmentMapping extends TableMapping {
  readonly practitioner: string | readonly string[];
  /** Absent: nothing is ever booked or deleted. */
  readonly booking?: BookingMapping;
  /** How an appointment is deleted. Default: its row is. */
  readonly removal?: RemovalMapping;
}

/** What a wall-clock time means that a clock change skipped, or made twice. */
export interface ClockChange {
  /** `shift`: as much later as the gap is long. `reject`: the row cannot be read. Default `shift`. */
  readonly skipped?: 'shift' | 'reject';
  /** Default `earlier`. */
  readonly twice?: 'earlier' | 'later' | 'reject';
}

export interface ClinicSchema {
  /** The clinic's IANA zone, such as `Australia/Melbourne`. */
  readonly zone: string;
  /** Zones of locations that lie elsewhere, by their ids as the clinic writes them: `{ '3': 'Australia/Perth' }`. */
  readonly zones?: Readonly<Record<string, string>>;
  readonly clockChange?: ClockChange;
  readonly appointments: AppointmentMapping;
  /**
   * Times taken by something else: leave, meetings, holidays. One table, whose ids are told as `blockout:<id>`, or several by names of
   * yours: `{ leave: {…}, holidays: {…} }` are told as `leave:<id>` and `holidays:<id>`.
   */
  readonly blockouts?: TableMapping | Readonly<Record<string, TableMapping>>;
  /** The stretches in which practitioners take bookings. Absent: no slot is offered. */
  readonly sessions?: Sessions;
}
