import { sql, type RawBuilder } from 'kysely';

import { HOUR, type Instant } from '../../domain/instant.js';
import { INSTANT_AXIS, wallAxis } from '../sql/axis.js';
import type { SqlEngine, TimeColumn } from '../sql/engine.js';
import { decodeEpoch, decodeIso, decodeWall, fullWall, shortestWall } from '../sql/times.js';
import { unfitText } from '../sql/unfit.js';
import { anyOf } from '../sql/logic.js';
import { sortedColumn, writtenAs } from '../sql/where.js';

/** How SQLite's values are read: by the mapping alone, because a column's declared type binds nobody. */
export const SQLITE_ENGINE: SqlEngine = {
  sameName: (a, b) => a.toLowerCase() === b.toLowerCase(),

  text: (reference) => sql`cast(${reference} as text)`,

  time: (reference, _type, { time, separator }, zone) => {
    const bind = (literal: string | number) => sql`${literal}`;
    switch (time) {
      case 'instant':
        return isoColumn(reference);
      case 'wall':
      case 'utc': {
        const axis = time === 'utc' ? INSTANT_AXIS : wallAxis(zone);
        const decode = (text: string) => {
          const wall = decodeWall(text, separator);
          return wall === undefined ? undefined : axis.toInstant(wall);
        };
        const form = {
          axis,
          decode,
          literal: (value: number) => shortestWall(value, separator),
          write: (value: number) => fullWall(value, separator),
        };
        return sortedColumn(reference, form, bind);
      }
      case 'epoch-ms':
      case 'epoch-s': {
        const unit = time === 'epoch-ms' ? 1 : 1000;
        const decode = (text: string) => decodeEpoch(text, unit);
        return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal: (value) => value / unit }, bind);
      }
    }
  },

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

/** The widest offsets in use are -12:00 and +14:00. */
const WIDEST_OFFSET_MS = 15 * HOUR;
const day = (instant: Instant) => new Date(instant).toISOString().slice(0, 10);

/** Texts with offsets do not sort as the instants that they mean, but their dates are at most a day off. */
function isoColumn(reference: RawBuilder<unknown>): TimeColumn {
  const form = { axis: INSTANT_AXIS, decode: decodeIso };
  // Whole ms within SQLite too (https://sqlite.org/lang_datefunc.html), so that equal instants are equal numbers.
  const days = sql<number>`julianday(${reference})`;
  return {
    ...form,
    exact: false,
    literal: (value) => new Date(value).toISOString(),
    written: writtenAs(form, (value) => `${fullWall(value, 'T')}Z`),
    computed: {
      from: (instant) => sql`${days} >= julianday(${new Date(instant).toISOString()})`,
      before: (instant) => sql`${days} < julianday(${new Date(instant).toISOString()})`,
    },
    from: (instant) => sql`${reference} >= ${day(instant - WIDEST_OFFSET_MS)}`,
    below: (value) => sql`${days} < julianday(${new Date(value).toISOString()})`,
    // The day after the last one that can hold an earlier instant.
    before: (instant) => sql`${reference} < ${day(instant + WIDEST_OFFSET_MS + 24 * HOUR)}`,
  };
}
