import { sql, type RawBuilder } from 'kysely';

import { DAY } from '../../domain/instant.js';
import type { ClockColumn, SqlEngine } from '../sql/engine.js';
import { INSTANT_AXIS } from '../sql/time/axis.js';
import { writtenClock } from '../sql/time/clock.js';
import { sortedColumn } from '../sql/time/stamp.js';
import { dateText, decodeEpoch, decodeWall, fullWall, shortestWall } from '../sql/time/texts.js';
import { NUMBER, TEXT, WHOLE } from './types.js';

type Reference = RawBuilder<unknown>;
const quoted = (literal: string | number) => sql`${String(literal)}`;
/** What the server cannot read as a time, it makes NULL of. */
const secondsOf = (reference: Reference) => sql<number>`timestampdiff(second, '1970-01-01', ${reference})`;

export const stamp: SqlEngine['stamp'] = (reference, type, { form, separator }, wall) => {
  switch (form) {
    case 'instant': {
      if (type !== 'timestamp') return { rule: `is ${type}; 'instant' wants timestamp` };
      // Shown and read as UTC by every session of ours.
      const literal = (value: number) => fullWall(value, ' ');
      const decode = (text: string) => decodeWall(text, ' ');
      const seconds = secondsOf(reference);
      return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal, constant: quoted, seconds });
    }
    case 'wall':
    case 'utc': {
      if (type !== 'datetime' && !TEXT.has(type)) return { rule: `is ${type}; '${form}' wants datetime, or text` };
      const between = type === 'datetime' ? ' ' : separator;
      const axis = form === 'utc' ? INSTANT_AXIS : wall;
      const decode = (text: string) => decodeWall(text, between, form === 'utc');
      const write = (value: number) => fullWall(value, between);
      const literal = type === 'datetime' ? write : (value: number) => shortestWall(value, between);
      return sortedColumn(reference, { axis, decode, literal, write, constant: quoted, seconds: secondsOf(reference) });
    }
    case 'epoch-ms':
    case 'epoch-s': {
      if (!NUMBER.has(type)) return { rule: `is ${type}; '${form}' wants a number` };
      const unit = form === 'epoch-ms' ? 1 : 1000;
      // "At or after" a fraction is the same for whole numbers as "at or after" the next whole one.
      const literal = (value: number) => (WHOLE.has(type) ? Math.ceil(value / unit) : value / unit);
      const decode = (text: string) => decodeEpoch(text, unit);
      const constant = (value: string | number) => sql`${Number(value)}`;
      const seconds = sql<number>`(${reference} / ${sql.lit(1000 / unit)})`;
      return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal, constant, seconds });
    }
  }
};

export const date: SqlEngine['date'] = (reference, type) => {
  if (type !== 'date' && type !== 'datetime' && !TEXT.has(type)) {
    return { rule: `is ${type}; a date wants date, datetime, or text` };
  }
  return {
    from: (day) => sql`${reference} >= ${dateText(day)}`,
    before: (day) => sql`${reference} < ${dateText(day)}`,
    // Of a date with time, the date.
    seconds: sql`(datediff(${reference}, '1970-01-01') * ${sql.lit(DAY / 1000)})`,
    written: dateText,
  };
};

export const clock: SqlEngine['clock'] = (reference, type, form) => {
  const isText = TEXT.has(type);
  const fits = form === 'time' ? type === 'time' || isText : NUMBER.has(type) || (isText && form === 'hhmm');
  if (!fits) return { rule: `is ${type}; '${form}' wants ${form === 'time' ? 'time, or text' : 'a number'}` };
  const seconds: Record<typeof form, RawBuilder<number>> = {
    time: sql`time_to_sec(${reference})`,
    seconds: sql`${reference}`,
    minutes: sql`(${reference} * 60)`,
    hhmm: sql`((${reference} div 100) * 3600 + (${reference} mod 100) * 60)`,
  };
  return { seconds: seconds[form], written: (value) => writtenClock(form, value, isText) } satisfies ClockColumn;
};
