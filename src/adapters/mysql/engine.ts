import { sql, type RawBuilder } from 'kysely';

import { INSTANT_AXIS, wallAxis } from '../sql/axis.js';
import type { SqlEngine } from '../sql/engine.js';
import { anyOf } from '../sql/logic.js';
import { decodeEpoch, decodeWall, fullWall, shortestWall } from '../sql/times.js';
import { unfitText } from '../sql/unfit.js';
import { sortedColumn } from '../sql/where.js';

/** Types by what can be done with them, as `information_schema.columns.data_type` names them. */
const TEXT = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']);
const BYTES = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);
const WHOLE = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const NUMBER = new Set([...WHOLE, 'decimal', 'float', 'double']);

export const MYSQL_ENGINE: SqlEngine = {
  sameName: (a, b) => a.toLowerCase() === b.toLowerCase(),

  // The collation compares by character, whatever the column's own one takes for equal.
  text: (reference, type) => {
    if (BYTES.has(type)) return sql`lower(hex(${reference}))`;
    if (TEXT.has(type)) return sql`convert(${reference} using utf8mb4) collate utf8mb4_bin`;
    return sql`cast(${reference} as char character set utf8mb4) collate utf8mb4_bin`;
  },

  time: (reference, type, { time, separator }, zone) => {
    const quoted = (literal: string | number) => sql`${String(literal)}`;
    switch (time) {
      case 'instant': {
        if (type !== 'timestamp') return { rule: `is ${type}; 'instant' wants timestamp` };
        // Shown and read as UTC by every session of ours.
        const literal = (value: number) => fullWall(value, ' ');
        const decode = (text: string) => decodeWall(text, ' ');
        return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal }, quoted);
      }
      case 'wall':
      case 'utc': {
        if (type !== 'datetime' && !TEXT.has(type)) return { rule: `is ${type}; '${time}' wants datetime, or text` };
        const between = type === 'datetime' ? ' ' : separator;
        const axis = time === 'utc' ? INSTANT_AXIS : wallAxis(zone);
        const decode = (text: string) => {
          const wall = decodeWall(text, between);
          return wall === undefined ? undefined : axis.toInstant(wall);
        };
        const write = (value: number) => fullWall(value, between);
        const literal = type === 'datetime' ? write : (value: number) => shortestWall(value, between);
        return sortedColumn(reference, { axis, decode, literal, write }, quoted);
      }
      case 'epoch-ms':
      case 'epoch-s': {
        if (!NUMBER.has(type)) return { rule: `is ${type}; '${time}' wants a number` };
        const unit = time === 'epoch-ms' ? 1 : 1000;
        // "At or after" a fraction is the same for whole numbers as "at or after" the next whole one.
        const literal = (value: number) => (WHOLE.has(type) ? Math.ceil(value / unit) : value / unit);
        const decode = (text: string) => decodeEpoch(text, unit);
        return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal }, (value) => sql`${Number(value)}`);
      }
    }
  },

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
