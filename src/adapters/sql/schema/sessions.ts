/** How a mapping says when practitioners take bookings: the roster, in the forms that practice systems keep it in. */
import type { ClockMapping, LengthMapping } from './moments.js';
import type { TableMapping, TableName } from './schema.js';

/** What sessions of every form say of their slots. */
export interface SlotMapping {
  /** How long one slot is: a column that holds minutes, or a number of minutes. Absent: the host decides. */
  readonly slotMinutes?: string | number;
  /** Each session is one slot, as long as it is itself. Instead of `slotMinutes`. Default false. */
  readonly oneSlot?: boolean;
  /** How many appointments of one practitioner may overlap: a column, or a number. Default 1. Above 1 a booking needs a token column. */
  readonly capacity?: string | number;
  /** The system lets appointments overlap as one likes: no appointment takes a slot, only blockouts do. Default false. */
  readonly allowOverlap?: boolean;
}

/** Each row is one session, at its own date: materialised rosters, and extra sessions. */
export interface SessionMapping extends TableMapping, SlotMapping {}

/** How the clinic numbers weekdays: ISO's 1 (Monday) to 7 (Sunday), or from 0 or 1 on beginning with the day named, or names of its own. */
export type WeekdayNumbers =
  'iso' | 'monday-0' | 'sunday-0' | 'sunday-1' | Readonly<Record<string, 1 | 2 | 3 | 4 | 5 | 6 | 7>>;

/** A rule that repeats every week, or every so many weeks. */
export interface WeeklyMapping extends SlotMapping {
  readonly weekly: TableName;
  readonly id: string | readonly string[];
  readonly practitioner: string | readonly string[];
  readonly location?: string;
  readonly none?: readonly string[];
  readonly only?: TableMapping['only'];
  readonly weekday: string;
  /** Default `iso`. */
  readonly weekdays?: WeekdayNumbers;
  readonly start: ClockMapping;
  readonly end: (ClockMapping & { readonly plusMinutes?: number }) | LengthMapping;
  /** Columns of dates: the first and the last day on which it holds, both inclusive; NULL, or absent, without a bound. */
  readonly from?: string;
  readonly until?: string;
  /** A column, or a number: it holds every so many weeks (Monday to Sunday). Default 1. */
  readonly everyWeeks?: string | number;
  /** A column, or a number: in which of those weeks, counting from 0. Default 0, and `anchor` then is its first week. */
  readonly week?: string | number;
  /** A day, `YYYY-MM-DD`, of a week with the number 0. Default: the week of each rule's own `from`. */
  readonly anchor?: string;
}

/**
 * Days that name a template, and templates that are texts with one character for each stretch of the day, all equally long: OSCAR's
 * `scheduledate` and `scheduletemplate`.
 */
export interface TemplateMapping extends SlotMapping {
  readonly template: {
    readonly table: TableName;
    readonly name: string;
    readonly code: string;
    /** A column that says whose template it is. A day uses the one of its own practitioner, else one of `public`. */
    readonly owner?: string;
    readonly public?: readonly string[];
  };
  readonly days: {
    readonly table: TableName;
    readonly id: string | readonly string[];
    readonly practitioner: string;
    readonly location?: string;
    readonly date: string;
    /** Values of practitioner and location that mean none, beside NULL. Default: none. */
    readonly none?: readonly string[];
    /** The column that names the template. */
    readonly template: string;
    readonly only?: TableMapping['only'];
  };
  /** Characters that mean closed. Default `_` and space. Neighbouring stretches with the same open character make one session. */
  readonly closed?: string;
  /** Open characters that alone may be booked online; default all. Others are no sessions. */
  readonly open?: string;
}

/** A session as a function of the host's tells it. */
export interface HostSession {
  /** Stays the same for the same session; unique. */
  readonly id: string;
  readonly practitionerIds: readonly string[];
  readonly locationId?: string | null;
  /** Epoch ms; inclusive and exclusive. */
  readonly start: number;
  readonly end: number;
  readonly slotMinutes?: number;
  readonly capacity?: number;
}

/** Sessions from the host's own code. It is asked at every look, for everything from the cutoff to the roster's end. */
export interface FunctionMapping {
  readonly sessions: (span: {
    readonly from: number;
    readonly to: number;
    readonly signal: AbortSignal;
  }) => Promise<readonly HostSession[]> | readonly HostSession[];
}

export type SessionSource = SessionMapping | WeeklyMapping | TemplateMapping | FunctionMapping;

/**
 * One source, or several by names of yours, whose ids are told as `<name>:<id>`. Rules and templates are laid out for 200 days ahead
 * (`ROSTER_DAYS`); their sessions' ids are `<id>@<date>`.
 */
export type Sessions = SessionSource | Readonly<Record<string, SessionSource>>;
