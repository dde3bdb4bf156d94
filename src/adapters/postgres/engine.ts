import { sql, type RawBuilder } from 'kysely';

import { INSTANT_AXIS, wallAxis } from '../sql/axis.js';
import type { SqlEngine } from '../sql/engine.js';
import { decodeEpoch, decodeWall, fullWall, shortestWall } from '../sql/times.js';
import { unfitText } from '../sql/unfit.js';
import { sortedColumn } from '../sql/where.js';

/** Types by what can be done with them. Lengths and precisions are left out of the catalog's names. */
const TEXT = new Set(['text', 'character varying', 'character', 'name', 'citext']);
const WHOLE = new Set(['smallint', 'integer', 'bigint']);
const NUMBER = new Set([...WHOLE, 'numeric', 'real', 'double precision']);
const TIMESTAMP = 'timestamp without time zone';
const TIMESTAMPTZ = 'timestamp with time zone';

/** The type that a time column's constants are cast to: its own family's, so that an index on it can be used. */
export function timeTypeOf(type: string): string {
  if (TEXT.has(type)) return 'text';
  return WHOLE.has(type) ? 'bigint' : type;
}

export const POSTGRES_ENGINE: SqlEngine = {
  sameName: (a, b) => a === b,

  text: (reference, type) => {
    // Half the cost of to_char; every session of ours has the same DateStyle, whatever the login's default is.
    if (type === TIMESTAMPTZ) return sql`(${reference} at time zone 'UTC')::text`;
    if (type === 'bytea') return sql`encode(${reference}, 'hex')`;
    return sql`${reference}::text`;
  },

  time: (reference, type, { time, separator }, zone) => {
    const constant = (literal: string | number) => sql`${String(literal)}::${sql.raw(timeTypeOf(type))}`;
    switch (time) {
      case 'instant': {
        if (type !== TIMESTAMPTZ) return { rule: `is ${type}; 'instant' wants timestamp with time zone` };
        const literal = (value: number) => new Date(value).toISOString();
        // Read as UTC by every session of ours, and written as such.
        const write = (value: number) => fullWall(value, ' ');
        const decode = (text: string) => decodeWall(text, ' ');
        return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal, write }, constant);
      }
      case 'wall':
      case 'utc': {
        if (type !== TIMESTAMP && !TEXT.has(type)) {
          return { rule: `is ${type}; '${time}' wants timestamp without time zone, or text` };
        }
        const between = type === TIMESTAMP ? ' ' : separator;
        const axis = time === 'utc' ? INSTANT_AXIS : wallAxis(zone);
        const decode = (text: string) => {
          const wall = decodeWall(text, between);
          return wall === undefined ? undefined : axis.toInstant(wall);
        };
        const form = {
          axis,
          decode,
          literal: (value: number) => shortestWall(value, between),
          write: (value: number) => fullWall(value, between),
        };
        return sortedColumn(reference, form, constant);
      }
      case 'epoch-ms':
      case 'epoch-s': {
        if (!NUMBER.has(type)) return { rule: `is ${type}; '${time}' wants a number` };
        const unit = time === 'epoch-ms' ? 1 : 1000;
        // "At or after" a fraction is the same for whole numbers as "at or after" the next whole one.
        const literal = (value: number) => (WHOLE.has(type) ? Math.ceil(value / unit) : value / unit);
        const decode = (text: string) => decodeEpoch(text, unit);
        return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal }, constant);
      }
    }
  },

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
