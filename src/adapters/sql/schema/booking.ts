/** How a mapping says what becomes of a booking and of a deletion in the clinic's database. */

/** A value that every booking of ours has. */
export type FixedValue = string | number | boolean | null;

/**
 * A value that follows from the slot: its length, its start and end by the clock on the wall (`YYYY-MM-DD`, `HH:MM:SS`), or the moment of
 * booking by that clock (`YYYY-MM-DD HH:MM:SS`).
 */
export type DerivedValue = 'seconds' | 'minutes' | 'startDate' | 'startTime' | 'endDate' | 'endTime' | 'now';

/** What an argument of a procedure is taken from; `{ value }`: the same for every call; `id`: where a new row's id comes out. */
export type BookingArgument =
  | 'practitioner'
  | 'location'
  | 'start'
  | 'end'
  | 'date'
  | 'clock'
  | 'minutes'
  | 'token'
  | 'patient'
  | 'type'
  | 'reason'
  | { readonly value: FixedValue };

/**
 * A stored procedure that books, for clinics that allow nothing else. It is called within the guard: not at all when the slot is taken
 * or the deadline has passed. On Postgres a function whose value is the new row's id; on MySQL, MariaDB and SQL Server a procedure
 * whose last parameter, after these arguments, is an OUT parameter with the id. SQLite has none.
 */
export interface BookingProcedure {
  /** One name, or schema and name. */
  readonly procedure: string | readonly [schema: string, name: string];
  /**
   * In order. `start` and `end` as the mapping's columns hold them (of split ones `date` and `clock`), `minutes` the length, a detail
   * that a request leaves out NULL.
   */
  readonly arguments: readonly BookingArgument[];
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
  readonly values?: Readonly<Record<string, FixedValue>>;
  /** Columns that say again what the slot says, such as `{ duration: 'seconds', created: 'now' }`. */
  readonly derived?: Readonly<Record<string, DerivedValue>>;
  /** Who gives a new row its id: the database by itself, or we, a random UUID. Default `database`. */
  readonly ids?: 'database' | 'uuid';
  /** Absent: a row is inserted. */
  readonly insert?: BookingProcedure;
}

/**
 * `set`: the row stays and gets these values, such as `{ status: 'x' }`; after that it must not count any more by `status` or `only`.
 * `procedure`: called with the id, and nothing else that is not fixed.
 */
export type RemovalMapping =
  | { readonly set: Readonly<Record<string, FixedValue>> }
  | {
      readonly procedure: string | readonly [schema: string, name: string];
      readonly arguments: readonly ('id' | { readonly value: FixedValue })[];
    };
