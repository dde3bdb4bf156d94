import { sql, type RawBuilder } from 'kysely';

import { HOUR, type Instant } from '../../domain/instant.js';
import type { SqlEngine, StampColumn } from '../sql/engine.js';
import { INSTANT_AXIS } from '../sql/time/axis.js';
import { writtenClock } from '../sql/time/clock.js';
import { sortedColumn, writtenAs } from '../sql/time/stamp.js';
import { dateText, decodeEpoch, decodeIso, decodeWall, fullWall, shortestWall } from '../sql/time/texts.js';

const bind = (literal: string | number) => sql`${literal}`;
/** NULL for what SQLite cannot read as a time. */
const secondsOf = (reference: RawBuilder<unknown>) => sql<number>`cast(strftime('%s', ${reference}) as integer)`;

export const stamp: SqlEngine['stamp'] = (reference, _type, { form, separator }, wall) => {
  switch (form) {
    case 'instant':
      return isoColumn(reference);
    case 'wall':
    case 'utc':
      return sortedColumn(reference, {
        axis: form === 'utc' ? INSTANT_AXIS : wall,
        decode: (text) => decodeWall(text, separator, form === 'utc'),
        literal: (value) => shortestWall(value, separator),
        write: (value) => fullWall(value, separator),
        constant: bind,
        seconds: secondsOf(reference),
      });
    case 'epoch-ms':
    case 'epoch-s': {
      const unit = form === 'epoch-ms' ? 1 : 1000;
      return sortedColumn(reference, {
        axis: INSTANT_AXIS,
        decode: (text) => decodeEpoch(text, unit),
        literal: (value) => value / unit,
        constant: bind,
        seconds: sql`(${reference} / ${sql.lit(1000 / unit)}.0)`,
      });
    }
  }
};

export const date: SqlEngine['date'] = (reference) => ({
  from: (day) => sql`${reference} >= ${dateText(day)}`,
  before: (day) => sql`${reference} < ${dateText(day)}`,
  seconds: secondsOf(sql`substr(${reference}, 1, 10)`),
  written: dateText,
});

export const clock: SqlEngine['clock'] = (reference, type, form) => {
  const isText = /char|clob|text/.test(type);
  const number = sql<number>`cast(${reference} as integer)`;
  const seconds: Record<typeof form, RawBuilder<number>> = {
    // SQLite knows no 24:00.
    time: sql`case when ${reference} in ('24:00', '24:00:00') then 86400
      else ${secondsOf(sql`'1970-01-01 ' || ${reference}`)} end`,
    seconds: number,
    minutes: sql`(${number} * 60)`,
    hhmm: sql`((${number} / 100) * 3600 + (${number} % 100) * 60)`,
  };
  return { seconds: seconds[form], written: (value) => writtenClock(form, value, isText) };
};

/** The widest offsets in use are -12:00 and +14:00. */
const WIDEST_OFFSET_MS = 15 * HOUR;
const day = (instant: Instant) => new Date(instant).toISOString().slice(0, 10);

/** Texts with offsets do not sort as the instants that they mean, but their dates are at most a day off. */
function isoColumn(reference: RawBuilder<unknown>): StampColumn {
  const form = { axis: INSTANT_AXIS, decode: decodeIso };
  // Whole ms within SQLite too (https://sqlite.org/lang_datefunc.html), so that equal instants are equal numbers.
  const days = sql<number>`julianday(${reference})`;
  return {
    ...form,
    exact: false,
    seconds: secondsOf(reference),
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
