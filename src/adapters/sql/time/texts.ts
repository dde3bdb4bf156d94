import { DAY, MAX_INSTANT, SECOND, type Instant } from '../../../domain/instant.js';

const OFFSET = /^([+-])(\d{2}):?(\d{2})?$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e\+?\d+)?$/i;

interface Local {
  /** As if it were UTC, in ms; finer digits are cut off, here and wherever SQL compares. */
  readonly wall: number;
  readonly separator: string;
  /** What comes after the time. */
  readonly rest: string;
}

const ZERO = 48;
const DASH = 45;
const COLON = 58;
const DOT = 46;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function pair(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

/**
 * `YYYY-MM-DD`, a separator, `HH:MM`, optionally seconds and a fraction, then whatever the form allows. By position, because
 * this runs twice for every row that is read, and is several times as quick as a pattern.
 */
function readLocal(text: string): Local | undefined {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(13) !== COLON) return undefined;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  let second = 0;
  let ms = 0;
  let at = 16;
  if (text.charCodeAt(at) === COLON) {
    second = pair(text, at + 1);
    at += 3;
    if (text.charCodeAt(at) === DOT) {
      const first = ++at;
      for (let value = digit(text, at); value >= 0; value = digit(text, ++at)) {
        if (at - first < 3) ms += value * 10 ** (2 - (at - first));
      }
      if (at === first) return undefined;
    }
  }
  // Comparisons with NaN are false. `Date.UTC` takes years below 100 for the 1900s, and turns 31 February into March.
  const valid =
    year >= 100 && day >= 1 && day <= (DAYS_IN_MONTH[month - 1] ?? 0) && hour < 24 && minute < 60 && second < 60;
  if (!valid || (month === 2 && day === 29 && new Date(Date.UTC(year, 1, 29)).getUTCDate() !== 29)) return undefined;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  return { wall, separator: text.charAt(10), rest: text.slice(at) };
}

/** Wall-clock text with this separator and nothing after it; `zulu`: but a `Z`, if anything. */
export function decodeWall(text: string, separator: ' ' | 'T', zulu = false): number | undefined {
  const local = readLocal(text);
  if (local?.separator !== separator) return undefined;
  return local.rest === '' || (zulu && local.rest === 'Z') ? local.wall : undefined;
}

/** `YYYY-MM-DD`, alone or with a time behind it that does not count: days since 1970-01-01. */
export function decodeDate(text: string): number | undefined {
  const separator = text.charAt(10);
  if (separator !== '' && separator !== ' ' && separator !== 'T') return undefined;
  const local = readLocal(`${text.slice(0, 10)} 00:00`);
  return local && local.wall / DAY;
}

/** A day as databases print it. */
export function dateText(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** ISO 8601 text with `Z` or an offset; either separator. */
export function decodeIso(text: string): Instant | undefined {
  const local = readLocal(text);
  if (!local || (local.separator !== 'T' && local.separator !== ' ')) return undefined;
  if (local.rest === 'Z' || local.rest === 'z') return local.wall;
  const match = OFFSET.exec(local.rest);
  if (!match) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  // RFC 9557 and ISO 8601 keep offsets below a day.
  if (minutes >= 24 * 60) return undefined;
  return local.wall - (match[1] === '-' ? -1 : 1) * minutes * 60 * SECOND;
}

/** A number of units since the epoch. */
export function decodeEpoch(text: string, unitMs: 1 | 1000): Instant | undefined {
  const ms = NUMBER.test(text) ? Math.floor(Number(text) * unitMs) : Number.NaN;
  return Math.abs(ms) <= MAX_INSTANT ? ms : undefined;
}

/**
 * Wall-clock text that sorts right among texts of any precision: trailing zeros left out, so that `09:30` is at or before both
 * `09:30` and `09:30:00`, and `09:30:00.001` after both.
 */
export function shortestWall(wall: number, separator: ' ' | 'T'): string {
  const iso = new Date(wall).toISOString();
  const time = wall % 60_000 === 0 ? iso.slice(11, 16) : wall % 1000 === 0 ? iso.slice(11, 19) : iso.slice(11, 23);
  return `${iso.slice(0, 10)}${separator}${wall % 1000 === 0 ? time : time.replace(/0+$/, '')}`;
}

/** Wall-clock text as databases print it: with seconds, and with milliseconds where there are some. */
export function fullWall(wall: number, separator: ' ' | 'T'): string {
  const iso = new Date(wall).toISOString();
  return `${iso.slice(0, 10)}${separator}${iso.slice(11, wall % 1000 === 0 ? 19 : 23)}`;
}
