/** The forms that practice systems keep times in: how each stores a row, and what that means, computed in the plainest way. */
import { Temporal } from 'temporal-polyfill';

import type { EndMapping, StartMapping, TableMapping } from '../../src/adapters/sql/index.js';
import { DAY, HOUR, MINUTE, type Instant } from '../../src/domain/instant.js';
import type { Ground, Row } from './ground.js';

/** A row as somebody typed it: wall times in ms as if they were UTC; an end that is missing, if any. */
export interface Typed {
  readonly start: number;
  readonly end: number | null;
}

export interface Form {
  readonly name: string;
  readonly start: StartMapping;
  readonly end: EndMapping;
  readonly time?: TableMapping['time'];
  readonly columns: (types: Ground['types']) => string;
  /** Columns of an index that the clinic has. */
  readonly index: string;
  store(typed: Typed): Row;
  /** What a stored row means, given what its start does; `null`: it cannot be read. */
  readonly ends: (typed: Typed, start: Instant, zone: string) => Instant | null;
}

const iso = (wall: number) => new Date(wall).toISOString();
const date = (wall: number) => iso(wall).slice(0, 10);
const clock = (wall: number) => iso(wall).slice(11, 19);
const ofDay = (wall: number) => wall - Math.floor(wall / DAY) * DAY;

/** A wall time in a zone, as the standard reads it. */
export function meaning(wall: number, zone: string): Instant {
  const local = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime();
  return local.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

const wallEnd = (typed: Typed, _start: Instant, zone: string) => (typed.end === null ? null : meaning(typed.end, zone));
const elapsed = (typed: Typed, start: Instant) => (typed.end === null ? null : start + (typed.end - typed.start));
/** Ends on the start's date: midnight is 24:00, later ones cannot be written; nor, where the last minute counts, one at its beginning. */
const sameDay = ({ start, end }: Typed, plus = 0) => {
  const ofStart = end === null ? -1 : end - plus - Math.floor(start / DAY) * DAY;
  return ofStart >= 0 && ofStart + plus <= DAY;
};
const dayClock = ({ start, end }: Typed) => (end === null ? null : end - Math.floor(start / DAY) * DAY);

export const FORMS: readonly Form[] = [
  {
    name: 'two timestamps, the end’s last minute counting',
    start: 's',
    end: { column: 'e', plusMinutes: 1 },
    time: 'wall',
    columns: ({ datetime }) => `s ${datetime}, e ${datetime}`,
    index: 's',
    store: ({ start, end }) => ({
      s: `${date(start)} ${clock(start)}`,
      e: end === null ? null : `${date(end - MINUTE)} ${clock(end - MINUTE)}`,
    }),
    ends: wallEnd,
  },
  {
    name: 'date and TIME, end a TIME on the same date, inclusive',
    start: { date: 'd', time: 't' },
    end: { time: 'u', plusMinutes: 1 },
    columns: ({ date: d, time }) => `d ${d}, t ${time}, u ${time}`,
    index: 'd, t',
    store: (typed) => ({
      d: date(typed.start),
      t: clock(typed.start),
      u: sameDay(typed, MINUTE) && typed.end !== null ? clock(typed.end - MINUTE) : null,
    }),
    ends: (typed, start, zone) => (sameDay(typed, MINUTE) ? wallEnd(typed, start, zone) : null),
  },
  {
    name: 'date and text HH:MM, end of its own',
    start: { date: 'd', time: 't' },
    end: { date: 'f', time: 'u' },
    columns: () => 'd varchar(10), t varchar(8), f varchar(10), u varchar(8)',
    index: 'd',
    store: ({ start, end }) => ({
      d: date(start),
      t: ofDay(start) % MINUTE === 0 ? clock(start).slice(0, 5) : clock(start),
      f: end === null ? null : date(end),
      u: end === null ? null : clock(end).slice(0, 5),
    }),
    ends: wallEnd,
  },
  {
    name: 'date and seconds since midnight, length in seconds',
    start: { date: 'd', seconds: 't' },
    end: { length: 'n', in: 'seconds' },
    columns: ({ datetime }) => `d ${datetime}, t int, n int`,
    index: 'd',
    store: ({ start, end }) => ({
      d: `${date(start)} 00:00:00`,
      t: ofDay(start) / 1000,
      n: end === null ? null : (end - start) / 1000,
    }),
    ends: elapsed,
  },
  {
    name: 'date and minutes since midnight, length in minutes with a default',
    start: { date: 'd', minutes: 't' },
    end: { length: 'n', in: 'minutes', orMinutes: 20 },
    columns: ({ date: d }) => `d ${d}, t smallint, n smallint`,
    index: 'd',
    store: ({ start, end }) => ({
      d: date(start),
      t: ofDay(start) / MINUTE,
      n: end === null ? null : (end - start) / MINUTE,
    }),
    ends: (typed, start) => elapsed(typed, start) ?? start + 20 * MINUTE,
  },
  {
    name: 'date and HHMM as a number, end as text of digits',
    start: { date: 'd', hhmm: 't' },
    end: { hhmm: 'u' },
    columns: ({ date: d }) => `d ${d}, t int, u varchar(4)`,
    index: 'd',
    store: (typed) => {
      const end = dayClock(typed);
      const digits = end === DAY ? '2400' : end === null ? null : clock(end).replace(':', '').slice(0, 4);
      return {
        d: date(typed.start),
        t: Number(clock(typed.start).replace(':', '').slice(0, 4)),
        u: sameDay(typed) ? digits : null,
      };
    },
    ends: (typed, start, zone) => (sameDay(typed) ? wallEnd(typed, start, zone) : null),
  },
  {
    name: 'a timestamp, length as a text of five-minute characters',
    start: 's',
    end: { length: 'pattern', in: 'characters', unitMinutes: 5 },
    time: 'wall',
    columns: ({ datetime }) => `s ${datetime}, pattern varchar(600)`,
    index: 's',
    store: ({ start, end }) => ({
      s: `${date(start)} ${clock(start)}`,
      pattern: end === null ? null : '/X'.repeat(300).slice(0, Math.round((end - start) / (5 * MINUTE))),
    }),
    ends: (typed, start) =>
      typed.end === null ? null : start + Math.round((typed.end - typed.start) / (5 * MINUTE)) * 5 * MINUTE,
  },
  {
    name: 'a timestamp, all rows equally long',
    start: 's',
    end: { length: 45 },
    time: 'wall',
    columns: ({ datetime }) => `s ${datetime}`,
    index: 's',
    store: ({ start }) => ({ s: `${date(start)} ${clock(start)}` }),
    ends: (_typed, start) => start + 45 * MINUTE,
  },
  {
    name: 'UTC as date and TIME, the end a timestamp with a default',
    start: { date: 'd', time: 't' },
    end: { date: 'f', time: 'u', orMinutes: 30 },
    time: 'utc',
    columns: ({ date: d, time }) => `d ${d}, t ${time}, f ${d}, u ${time}`,
    index: 'd',
    store: ({ start, end }) => ({
      d: date(start),
      t: clock(start),
      f: end === null ? null : date(end),
      u: end === null ? null : clock(end),
    }),
    ends: (typed, start) => typed.end ?? start + 30 * MINUTE,
  },
  {
    name: 'whole days, the last one inclusive',
    start: { date: 'd' },
    end: { date: 'f', plusMinutes: 1440 },
    columns: ({ date: d }) => `d ${d}, f ${d}`,
    index: 'd',
    store: ({ start, end }) => ({ d: date(start), f: end === null ? null : date(end) }),
    ends: ({ end }, _start, zone) => (end === null ? null : meaning(Math.floor(end / DAY) * DAY + DAY, zone)),
  },
];

/** What the start of a stored row means. */
export function starts({ time, name }: Form, typed: Typed, zone: string): Instant {
  if (time === 'utc') return typed.start;
  return meaning(name.startsWith('whole days') ? Math.floor(typed.start / DAY) * DAY : typed.start, zone);
}

export { DAY, HOUR, MINUTE };
