import { sql, type RawBuilder } from 'kysely';

import type { SqlEngine } from '../sql/engine.js';
import { anyOf } from '../sql/logic.js';
import { unfitText } from '../sql/unfit.js';
import { clock, date, stamp } from './times.js';
import { BYTES, CODE_PAGE, isText, NUMBER, WALL, WHOLE } from './types.js';

export const MSSQL_ENGINE: SqlEngine = {
  limit: { front: (count) => sql`top (${sql.lit(count)})`, end: () => sql`` },
  sameName: (a, b) => a.toLowerCase() === b.toLowerCase(),

  // Styles: 2 gives bytes as bare hex digits and money with all its digits, 3 and 121 every digit of numbers and times.
  text: (reference, type) => {
    if (type === 'text' || type === 'ntext') return sql`cast(${reference} as nvarchar(max))`;
    if (isText(type)) return sql`cast(${reference} as nvarchar(4000))`;
    if (type === 'uniqueidentifier') return sql`lower(cast(${reference} as nvarchar(36)))`;
    if (BYTES.has(type)) return sql`lower(convert(nvarchar(max), cast(${reference} as varbinary(max)), 2))`;
    if (WALL.has(type)) return sql`convert(nvarchar(30), ${reference}, 121)`;
    if (type === 'datetimeoffset')
      return sql`convert(nvarchar(30), cast(switchoffset(${reference}, N'+00:00') as datetime2(7)), 121)`;
    if (FLOATING.has(type)) return sql`convert(nvarchar(50), ${reference}, 2)`;
    return sql`cast(${reference} as nvarchar(100))`;
  },

  exactly: (text) => sql`(${text} collate Latin1_General_BIN2)`,
  characters: (text) => sql`len(${text})`,
  isText,
  isNumber: (type) => NUMBER.has(type),
  stamp,
  date,
  clock,

  unfit: ({ type, maxLength }, value) => {
    if (value === null) return undefined;
    const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
    if (WHOLE.has(type)) return isBigint(text) ? undefined : 'must be a whole number';
    if (NUMBER.has(type)) return text.trim() !== '' && Number.isFinite(Number(text)) ? undefined : 'must be a number';
    if (type === 'uniqueidentifier') return isUuid(text.toLowerCase()) ? undefined : 'must be a UUID';
    if (BYTES.has(type)) return isHex(text) ? undefined : 'must be pairs of hexadecimal digits';
    // The server would write a question mark for a character that its code page does not know.
    if (CODE_PAGE.has(type) && !WESTERN.test(text))
      return 'must have only Western European characters, because the column is not nvarchar';
    // Counted in UTF-16.
    if (maxLength !== undefined && text.length > maxLength) return `must have at most ${String(maxLength)} characters`;
    return unfitText(text, maxLength);
  },

  value: (value, type) => {
    if (value === null) return sql`null`;
    if (BYTES.has(type)) return sql.raw(bytes(String(value)));
    return sql`${typeof value === 'boolean' ? Number(value) : value}`;
  },

  isOneOf: (reference, type, ids) => {
    const among = (candidates: readonly string[], say: (id: string) => RawBuilder<unknown>): RawBuilder<boolean> =>
      candidates.length === 0 ? sql`1 = 0` : sql`${reference} in (${sql.join(candidates.map(say))})`;
    // A text that the type cannot hold is nobody's id, and the server would refuse the whole statement for it.
    if (WHOLE.has(type)) return among(ids.filter(isBigint), (id) => sql.raw(id));
    if (BYTES.has(type)) return among(ids.filter(isHex), (id) => sql.raw(bytes(id)));
    if (type === 'uniqueidentifier') return among(ids.filter(isUuid), (id) => sql`cast(${id} as uniqueidentifier)`);
    const text = MSSQL_ENGINE.text(reference, type);
    const fit = ids.filter((id) => !id.includes('\0'));
    const compared = (those: readonly string[]): RawBuilder<boolean> =>
      those.length === 0 ? sql`1 = 0` : sql`${text} in (${sql.join(those)})`;
    if (type === 'nchar' || type === 'nvarchar') return among(fit, (id) => sql`${id}`);
    if (type !== 'char' && type !== 'varchar') return compared(fit);
    // A constant in Unicode would have the column converted, and the index scanned from end to end.
    const plain = fit.filter((id) => ASCII.test(id));
    return anyOf([among(plain, (id) => sql.lit(id)), compared(fit.filter((id) => !ASCII.test(id)))]);
  },
};

const FLOATING = new Set(['float', 'real', 'money', 'smallmoney']);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX = /^([0-9a-f]{2})*$/i;
const ASCII = /^[\x20-\x7e]*$/;
const WESTERN = /^[\t\n\r\x20-\x7e\xa0-\xff]*$/;
const isUuid = (id: string) => UUID.test(id);
const isHex = (id: string) => HEX.test(id);
const bytes = (hex: string) => `0x${hex}`;

/** Of 64 bits with a sign. */
function isBigint(id: string): boolean {
  return /^-?\d{1,19}$/.test(id) && BigInt.asIntN(64, BigInt(id)) === BigInt(id);
}
