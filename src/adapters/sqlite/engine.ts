import { sql } from 'kysely';

import type { SqlEngine } from '../sql/engine.js';
import { unfitText } from '../sql/unfit.js';
import { clock, date, stamp } from './times.js';
import { anyOf, LIMIT_AT_END } from '../sql/logic.js';

/** How SQLite's values are read: by the mapping alone, because a column's declared type binds nobody. */
export const SQLITE_ENGINE: SqlEngine = {
  limit: LIMIT_AT_END,
  sameName: (a, b) => a.toLowerCase() === b.toLowerCase(),

  text: (reference) => sql`cast(${reference} as text)`,

  exactly: (text) => text,
  characters: (text) => sql`length(${text})`,
  // A column's declared type binds nobody.
  isText: () => true,
  isNumber: () => true,
  stamp,
  date,
  clock,

  isOneOf: (reference, _type, ids) => {
    // A value is found by index only in the class it is stored with, and a column may hold all of them. The column's affinity
    // is applied to each of these as to any constant (https://sqlite.org/datatype3.html, 4.2).
    const asNumbers = ids.filter((id) => /^-?\d{1,18}(\.\d+)?$/.test(id)).map(Number);
    return anyOf([
      sql`${reference} in (${sql.join(ids)})`,
      sql`${reference} in (${sql.join(ids.map((id) => sql`cast(${id} as blob)`))})`,
      ...(asNumbers.length > 0 ? [sql<boolean>`${reference} in (${sql.join(asNumbers)})`] : []),
    ]);
  },

  // What a column refuses beside this, its constraints say when it is written.
  unfit: (_column, value) => (typeof value === 'string' ? unfitText(value) : undefined),

  value: (value) => sql`${typeof value === 'boolean' ? Number(value) : value}`,
};
