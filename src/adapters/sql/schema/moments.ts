/** How a mapping says when a row starts and ends, in the columns that practice systems keep times in. */

/**
 * What a column that holds date and time together means:
 * - `instant`: real points in time: `timestamptz`, or (SQLite) ISO 8601 text with `Z` or an offset.
 * - `wall`: the clock on the clinic's wall, in the place's zone: `timestamp`, `datetime`, or text `YYYY-MM-DD HH:MM[:SS[.fff]]`.
 *   For times that a clock change skipped or made twice see `clockChange`.
 * - `utc`: the same forms as `wall`, holding UTC; a text may end in `Z`.
 * - `epoch-ms`, `epoch-s`: numbers since 1970-01-01T00:00Z.
 */
export type TimeForm = 'instant' | 'wall' | 'utc' | 'epoch-ms' | 'epoch-s';

/**
 * A column that holds a time of day, read to the second:
 * - `time`: a TIME type, or text `HH:MM[:SS]`.
 * - `seconds`, `minutes`: a number since midnight.
 * - `hhmm`: 930 or '0930' for half past nine.
 */
export type ClockMapping =
  { readonly time: string } | { readonly seconds: string } | { readonly minutes: string } | { readonly hhmm: string };

/** A column that holds a date: a DATE type, the date part of a date with time, or text `YYYY-MM-DD`. Alone: the day's beginning. */
export interface DayMapping {
  readonly date: string;
}

export type SplitMapping = DayMapping | (DayMapping & ClockMapping);

/** One column in the mapping's `time` form, or date and time of day in two columns, by the clock on the wall or (`time: 'utc'`) UTC. */
export type StartMapping = string | SplitMapping;

/**
 * A column that holds how long a row lasts: in seconds, minutes, units of `unitMinutes`, or as a text of which every character is one
 * such unit (Open Dental's `Pattern`). A number instead of a column: all rows last so many minutes.
 */
export type LengthMapping =
  | { readonly length: string; readonly in: 'seconds' | 'minutes' }
  | {
      readonly length: string;
      readonly in: 'units' | 'characters';
      readonly unitMinutes: number;
      /** The character that bookings are written with. Default `X`. */
      readonly character?: string;
    }
  | { readonly length: number };

export interface EndRules {
  /** Added to what the column says, by the clock on the wall: 1 where the last minute counts, 1440 where the last day does. Default 0. */
  readonly plusMinutes?: number;
  /** How long a row lasts that has NULL there. Default: such a row cannot be read. */
  readonly orMinutes?: number;
}

/**
 * One column in the mapping's `time` form; one with rules; date and time of day in columns of their own; a time of day on the date
 * that the row starts; or a length.
 */
export type EndMapping =
  string | (({ readonly column: string } | SplitMapping | ClockMapping | LengthMapping) & EndRules);
