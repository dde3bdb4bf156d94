import { MAX_INSTANT, SECOND, type Instant } from '../../domain/instant.js';

/** `YYYY-MM-DD`, a separator, `HH:MM`, optionally seconds and a fraction; then whatever the form allows. */
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})([ T])(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(.*)$/;
const OFFSET = /^([+-])(\d{2}):?(\d{2})?$/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e\+?\d+)?$/i;

interface Local {
  /** As if it were UTC, in ms; finer digits are cut off, here and wherever SQL compares. */
  readonly wall: number;
  readonly separator: string;
  readonly rest: string;
}

function readLocal(text: string): Local | undefined {
  const match = LOCAL.exec(text);
  if (!match) return undefined;
  const [, year, month, day, separator = '', hour, minute, second = '0', fraction = '', rest = ''] = match;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, m = 0, d = 0, h = 0, min = 0, s = 0] = parts;
  // `Date.UTC` takes years below 100 for the 1900s, and turns 31 February into March.
  if (y < 100 || h > 23 || min > 59 || s > 59) return undefined;
  const seconds = Date.UTC(y, m - 1, d, h, min, s);
  const date = new Date(seconds);
  if (date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return undefined;
  return { wall: seconds + Number(fraction.padEnd(3, '0').slice(0, 3)), separator, rest };
}

/** Wall-clock text with this separator and nothing after it. */
export function decodeWall(text: string, separator: ' ' | 'T'): number | undefined {
  const local = readLocal(text);
  return local?.separator === separator && local.rest === '' ? local.wall : undefined;
}

/** ISO 8601 text with `Z` or an offset; either separator. */
export function decodeIso(text: string): Instant | undefined {
  const local = readLocal(text);
  if (!local) return undefined;
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
