import { sql, type RawBuilder } from 'kysely';

import type { SqlEngine } from '../sql/engine.js';
import { anyOf, LIMIT_AT_END } from '../sql/logic.js';
import { unfitText } from '../sql/unfit.js';
import { clock, date, stamp } from './times.js';
import { BYTES, NUMBER, TEXT, WHOLE } from './types.js';

export const MYSQL_ENGINE: SqlEngine = {
  limit: LIMIT_AT_END,
  sameName: (a, b) => a.toLowerCase() === b.toLowerCase(),

  // The collation compares by character, whatever the column's own one takes for equal.
  text: (reference, type) => {
    if (BYTES.has(type)) return sql`lower(hex(${reference}))`;
    if (TEXT.has(type)) return sql`convert(${reference} using utf8mb4) collate utf8mb4_bin`;
    return sql`cast(${reference} as char character set utf8mb4) collate utf8mb4_bin`;
  },

  exactly: (text) => text,
  characters: (text) => sql`char_length(${text})`,
  isText: (type) => TEXT.has(type),
  isNumber: (type) => NUMBER.has(type),
  stamp,
  date,
  clock,

  unfit: ({ type, maxLength }, value) => {
    if (value === null) return undefined;
    const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
    if (WHOLE.has(type)) return isBigint(text) ? undefined : 'must be a whole number';
    if (NUMBER.has(type)) return text.trim() !== '' && Number.isFinite(Number(text)) ? undefined : 'must be a number';
    if (type === 'uuid') return UUID.test(text.toLowerCase()) ? undefined : 'must be a UUID';
    if (BYTES.has(type)) return HEX.test(text) ? undefined : 'must be pairs of hexadecimal digits';
    return unfitText(text, maxLength);
  },

  value: (value, type) => {
    if (value === null) return sql`null`;
    if (BYTES.has(type)) return sql`unhex(${String(value)})`;
    return sql`${typeof value === 'boolean' ? Number(value) : value}`;
  },

  isOneOf: (reference, type, ids) => {
    const among = (candidates: readonly string[], say: (id: string) => RawBuilder<unknown>): RawBuilder<boolean> =>
      candidates.length === 0 ? sql`1 = 0` : sql`${reference} in (${sql.join(candidates.map(say))})`;
    // A text that the type cannot hold is nobody's id; the server would take '7 apples' for 7.
    if (WHOLE.has(type)) return among(ids.filter(isBigint), (id) => sql.raw(id));
    if (BYTES.has(type)) return among(ids.filter(isHex), (id) => sql`unhex(${id})`);
    if (type === 'uuid') return among(ids.filter(isUuid), (id) => sql`${id}`);
    const text = MYSQL_ENGINE.text(reference, type);
    if (!TEXT.has(type)) return sql`${text} in (${sql.join(ids)})`;
    // Only what every character set has can be compared with the bare column, and so be found by an index.
    const plain = ids.filter((id) => ASCII.test(id));
    const others = ids.filter((id) => !ASCII.test(id));
    return anyOf([
      ...(plain.length > 0 ? [among(plain, (id) => sql`${id}`)] : []),
      ...(others.length > 0 ? [sql<boolean>`${text} in (${sql.join(others)})`] : []),
    ]);
  },
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX = /^([0-9a-f]{2})*$/i;
const ASCII = /^[\x20-\x7e]*$/;
const isUuid = (id: string) => UUID.test(id);
const isHex = (id: string) => HEX.test(id);

/** Of 64 bits, with or without a sign. */
function isBigint(id: string): boolean {
  if (!/^-?\d{1,20}$/.test(id)) return false;
  const value = BigInt(id);
  return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;
}
