import { sql, type RawBuilder } from 'kysely';

import type { SqlEngine } from '../sql/engine.js';
import { INSTANT_AXIS } from '../sql/time/axis.js';
import { writtenClock } from '../sql/time/clock.js';
import { sortedColumn } from '../sql/time/stamp.js';
import { dateText, decodeEpoch, decodeWall, fullWall, shortestWall } from '../sql/time/texts.js';
import { nextTick } from './ticks.js';
import { CODE_PAGE, isText, NUMBER, WALL, WHOLE } from './types.js';

type Reference = RawBuilder<unknown>;

/** In two steps, because the seconds since 1970 are more than `datediff` can count from 2038 on. */
function secondsOf(reference: Reference): RawBuilder<number> {
  const dayOf = sql`cast(${reference} as date)`;
  return sql`(cast(datediff(day, '19700101', ${reference}) as bigint) * 86400
    + datediff(second, cast(${dayOf} as datetime2), cast(${reference} as datetime2)))`;
}

export const stamp: SqlEngine['stamp'] = (reference, type, { form, separator }, wall) => {
  switch (form) {
    case 'instant': {
      if (type !== 'datetimeoffset') return { rule: `is ${type}; 'instant' wants datetimeoffset` };
      const literal = (value: number) => `${fullWall(value, 'T')}+00:00`;
      const decode = (text: string) => decodeWall(text.replace('+00:00', ''), text.includes('T') ? 'T' : ' ');
      const constant = (value: string | number) => sql`cast(${String(value)} as datetimeoffset(3))`;
      const seconds = secondsOf(sql`cast(switchoffset(${reference}, N'+00:00') as datetime2(3))`);
      return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal, constant, seconds });
    }
    case 'wall':
    case 'utc': {
      const isTime = WALL.has(type);
      if (!isTime && !isText(type)) {
        return { rule: `is ${type}; '${form}' wants datetime, datetime2, smalldatetime, or text` };
      }
      const axis = form === 'utc' ? INSTANT_AXIS : wall;
      // What is read has a space in it, what is written a T, which no setting of a session can misread.
      const decode = (text: string) =>
        decodeWall(text, isTime && text.includes('T') ? 'T' : isTime ? ' ' : separator, form === 'utc');
      if (!isTime) {
        return sortedColumn(reference, {
          axis,
          decode,
          literal: (value) => shortestWall(value, separator),
          write: (value) => fullWall(value, separator),
          constant: (value) => (CODE_PAGE.has(type) ? sql`${sql.lit(value)}` : sql`${value}`),
          seconds: secondsOf(sql`try_cast(${reference} as datetime2(3))`),
        });
      }
      // A constant of the column's own type: another one would have the column converted, and no index used.
      const name = sql.raw(type === 'datetime2' ? 'datetime2(3)' : type);
      return sortedColumn(reference, {
        axis,
        decode,
        literal: (value) => fullWall(nextTick(type, value), 'T'),
        constant: (value) => sql`cast(${String(value)} as ${name})`,
        seconds: secondsOf(reference),
      });
    }
    case 'epoch-ms':
    case 'epoch-s': {
      if (!NUMBER.has(type)) return { rule: `is ${type}; '${form}' wants a number` };
      const unit = form === 'epoch-ms' ? 1 : 1000;
      return sortedColumn(reference, {
        axis: INSTANT_AXIS,
        decode: (text) => decodeEpoch(text, unit),
        // "At or after" a fraction is the same for whole numbers as "at or after" the next whole one.
        literal: (value) => (WHOLE.has(type) ? Math.ceil(value / unit) : value / unit),
        constant: (value) => sql`${Number(value)}`,
        seconds: sql`(${reference} / ${sql.lit(1000 / unit)}.0)`,
      });
    }
  }
};

export const date: SqlEngine['date'] = (reference, type) => {
  const isTime = type === 'date' || WALL.has(type);
  if (!isTime && !isText(type)) return { rule: `is ${type}; a date wants date, datetime, datetime2, or text` };
  const constant = (day: number) => {
    if (isTime) return sql`cast(${sql.lit(dateText(day))} as date)`;
    return CODE_PAGE.has(type) ? sql`${sql.lit(dateText(day))}` : sql`${dateText(day)}`;
  };
  const read = isTime ? reference : sql`try_cast(${reference} as date)`;
  return {
    from: (day) => sql`${reference} >= ${constant(day)}`,
    before: (day) => sql`${reference} < ${constant(day)}`,
    seconds: sql`(cast(datediff(day, '19700101', ${read}) as bigint) * 86400)`,
    // Without separators no setting of a session can misread it.
    written: (day) => (isTime ? dateText(day).replaceAll('-', '') : dateText(day)),
  };
};

export const clock: SqlEngine['clock'] = (reference, type, form) => {
  const text = isText(type);
  const fits = form === 'time' ? type === 'time' || text : NUMBER.has(type) || (text && form === 'hhmm');
  if (!fits) return { rule: `is ${type}; '${form}' wants ${form === 'time' ? 'time, or text' : 'a number'}` };
  const number = text ? sql`try_cast(${reference} as int)` : reference;
  const seconds: Record<typeof form, RawBuilder<number>> = {
    time: sql`case when ${reference} in ('24:00', '24:00:00') then 86400
      else datediff(second, cast('00:00' as time), try_cast(${reference} as time)) end`,
    seconds: sql`${reference}`,
    minutes: sql`(${reference} * 60)`,
    hhmm: sql`((cast(${number} as int) / 100) * 3600 + (cast(${number} as int) % 100) * 60)`,
  };
  if (!text) seconds.time = sql`datediff(second, cast('00:00' as time), ${reference})`;
  return { seconds: seconds[form], written: (value) => writtenClock(form, value, text) };
};
