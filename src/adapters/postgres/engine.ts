import { sql, type RawBuilder } from 'kysely';

import type { SqlEngine } from '../sql/engine.js';
import { LIMIT_AT_END } from '../sql/logic.js';
import { unfitText } from '../sql/unfit.js';
import { clock, date, stamp } from './times.js';
import { NUMBER, TEXT, TIMESTAMPTZ, WHOLE } from './types.js';

export const POSTGRES_ENGINE: SqlEngine = {
  limit: LIMIT_AT_END,
  sameName: (a, b) => a === b,

  text: (reference, type) => {
    // Half the cost of to_char; every session of ours has the same DateStyle, whatever the login's default is.
    if (type === TIMESTAMPTZ) return sql`(${reference} at time zone 'UTC')::text`;
    if (type === 'bytea') return sql`encode(${reference}, 'hex')`;
    return sql`${reference}::text`;
  },

  exactly: (text) => text,
  characters: (text) => sql`length(${text})`,
  isText: (type) => TEXT.has(type),
  isNumber: (type) => NUMBER.has(type),
  stamp,
  date,
  clock,

  unfit: ({ type, maxLength }, value) => {
    if (value === null) return undefined;
    if (typeof value === 'boolean')
      return type === 'boolean' || TEXT.has(type) ? undefined : `is ${type}, which holds no boolean`;
    const text = String(value);
    if (WHOLE.has(type)) return isBigint(text) ? undefined : 'must be a whole number';
    if (NUMBER.has(type)) return text.trim() !== '' && Number.isFinite(Number(text)) ? undefined : 'must be a number';
    if (type === 'uuid') return UUID.test(text.toLowerCase()) ? undefined : 'must be a UUID';
    return unfitText(text, maxLength);
  },

  value: (value, type) => {
    const written = value === null ? null : String(value);
    if (type === 'bytea') return sql`decode(${written}, 'hex')`;
    // Without its length `character` would mean a single one.
    return sql`${written}::${sql.raw(type === 'character' ? 'bpchar' : type)}`;
  },

  isOneOf: (reference, type, ids) => {
    // One id is by far the commonest, and the server plans an array anew each time, for what is in it.
    const among = (candidates: readonly string[], element: string): RawBuilder<boolean> =>
      candidates.length === 1
        ? sql`${reference} = ${candidates[0]}::${sql.raw(element)}`
        : sql`${reference} = any(${candidates}::${sql.raw(element)}[])`;
    // A text that the type cannot hold is nobody's id; casting it would fail the statement.
    if (WHOLE.has(type)) return among(ids.filter(isBigint), 'bigint');
    if (type === 'uuid')
      return among(
        ids.filter((id) => UUID.test(id)),
        'uuid',
      );
    const storable = ids.filter((id) => !id.includes('\0'));
    if (type === 'character') return among(storable, 'bpchar');
    if (TEXT.has(type)) return among(storable, type === 'citext' ? 'citext' : 'text');
    return sql`${POSTGRES_ENGINE.text(reference, type)} = any(${storable}::text[])`;
  },
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isBigint(id: string): boolean {
  return /^-?\d{1,19}$/.test(id) && BigInt.asIntN(64, BigInt(id)) === BigInt(id);
}
