/**
 * Constants in statements. The driver would send a time as a `Date` in this machine's zone, and the server refuses a parameter that
 * is longer than the column it is compared with; texts within the statement have neither fault.
 */
import { instantToWall, type Instant } from 'clinic-sync';

/** A column's type, as far as it matters here. */
export type ColumnType = 'number' | 'text' | 'time';

const WHOLE = /^(?:0|-?[1-9]\d{0,18})$/;
const MAX_BIGINT = 2n ** 63n - 1n;
/** TIMESTAMP knows the years 1 to 9999. */
const FIRST_WALL = Date.UTC(101, 0, 1);
const LAST_WALL = Date.UTC(9999, 11, 31);

/** `undefined` for a text that no column of this type can hold. */
export function valueLiteral(type: ColumnType, text: string): string | undefined {
  if (type === 'text') return isStorable(text) ? textLiteral(text) : undefined;
  const isNumber = WHOLE.test(text) && BigInt(text) <= MAX_BIGINT && BigInt(text) >= -MAX_BIGINT;
  return isNumber ? text : undefined;
}

/** Nothing but the quote has a meaning in Firebird's texts. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** U+0000 ends a text, and half a pair of surrogates would be stored as another character. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text);
}

/** `wall`: the time on the wall, written as if it were UTC, in ms. */
export function wallLiteral(wall: number): string {
  const iso = new Date(Math.min(Math.max(wall, FIRST_WALL), LAST_WALL)).toISOString();
  return `timestamp '${iso.slice(0, 10)} ${iso.slice(11, 23)}'`;
}

export function instantLiteral(instant: Instant, zone: string): string {
  return wallLiteral(instantToWall(instant, zone));
}

/** A name exactly as the catalog has it. */
export function nameLiteral(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
