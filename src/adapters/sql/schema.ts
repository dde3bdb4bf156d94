/**
 * The plain mapping: which tables and columns of a clinic's database hold its appointments, blockouts and sessions. It is
 * data only, so that it can be kept in a file and compared. Only the columns named here are ever read; of those that `booking`
 * names, the token alone.
 */

/** One name, or schema and name. A name is taken literally: dots, quotes and spaces in it are part of it. */
export type TableName = string | readonly [schema: string, name: string];

/**
 * What the start and end columns hold:
 * - `instant`: real points in time: `timestamptz`, or (SQLite) ISO 8601 text with `Z` or an offset.
 * - `wall`: the clock on the clinic's wall, in the mapping's `zone`: `timestamp`, or text `YYYY-MM-DD HH:MM[:SS[.fff]]`. A time
 *   that a clock change skipped counts as that much later, one that happened twice as the earlier.
 * - `utc`: the same forms as `wall`, holding UTC.
 * - `epoch-ms`, `epoch-s`: numbers since 1970-01-01T00:00Z.
 */
export type TimeForm = 'instant' | 'wall' | 'utc' | 'epoch-ms' | 'epoch-s';

/** What all mapped tables have in common. Column names are taken literally. */
export interface TableMapping {
  readonly table: TableName;
  /** The key: any type with a text form (integers, text, uuid …), not NULL, unique within the table. */
  readonly id: string;
  /** Whose time a row takes; several columns make several practitioners of one row. */
  readonly practitioner: string | readonly string[];
  readonly location?: string;
  /** Inclusive. Wants an index that begins with this column: everything is read by ranges of it. */
  readonly start: string;
  /** Exclusive. */
  readonly end: string;
  readonly time: TimeForm;
  /** What stands between date and time where times are text. Default a space. */
  readonly separator?: ' ' | 'T';
  /** Values of practitioner and location columns that mean none, beside NULL; such as `['0', '']`. Default: none. */
  readonly none?: readonly string[];
  /**
   * No row lasts longer than this. Rows under way at the cutoff are looked for this far back, because an index on the end
   * seldom exists; a longer row leaves the copy when its start is further back. In ms, default 31 days, for blockouts 400.
   */
  readonly longestRowMs?: number;
}

/** How a booking becomes a row. Columns that are named nowhere get the database's own defaults. */
export interface BookingMapping {
  /**
   * A text column for at least 22 characters that nobody else writes: our mark on a row. Without it a booking whose answer was
   * lost can end as `Ambiguous`, because a row that merely looks right may be a receptionist's.
   */
  readonly token?: string;
  /** Columns for the details of a booking; a detail without a column is refused. */
  readonly patient?: string;
  readonly type?: string;
  readonly reason?: string;
  /** Other columns, and what every booking of ours has there, such as `{ status: 'booked', source: 'online' }`. */
  readonly values?: Readonly<Record<string, string | number | boolean | null>>;
  /** Who gives a new row its id: the database by itself, or we, a random UUID. Default `database`. */
  readonly ids?: 'database' | 'uuid';
}

export interface AppointmentMapping extends TableMapping {
  /** Absent: nothing is ever booked or deleted. */
  readonly booking?: BookingMapping;
}

export interface SessionMapping extends TableMapping {
  /** How long one slot is: a column that holds minutes, or a number of minutes. Absent: the host decides. */
  readonly slotMinutes?: string | number;
}

export interface SqlSchema {
  /** The clinic's IANA zone, such as `Australia/Melbourne`. */
  readonly zone: string;
  readonly appointments: AppointmentMapping;
  /** Times taken by something else: leave, meetings. Their ids are told as `blockout:<id>`. */
  readonly blockouts?: TableMapping;
  /** The stretches in which practitioners take bookings. Absent: no slot is offered. */
  readonly sessions?: SessionMapping;
}
