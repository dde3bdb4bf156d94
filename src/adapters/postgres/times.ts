import { sql, type RawBuilder } from 'kysely';

import type { SqlEngine } from '../sql/engine.js';
import { INSTANT_AXIS } from '../sql/time/axis.js';
import { writtenClock } from '../sql/time/clock.js';
import { sortedColumn } from '../sql/time/stamp.js';
import { dateText, decodeEpoch, decodeWall, fullWall, shortestWall } from '../sql/time/texts.js';
import { NUMBER, TEXT, TIMESTAMP, TIMESTAMPTZ, WHOLE } from './types.js';

/** The type that a time column's constants are cast to: its own family's, so that an index on it can be used. */
export function timeTypeOf(type: string): string {
  if (TEXT.has(type)) return 'text';
  return WHOLE.has(type) ? 'bigint' : type;
}

export const stamp: SqlEngine['stamp'] = (reference, type, { form, separator }, wall) => {
  const constant = (literal: string | number) => sql`${String(literal)}::${sql.raw(timeTypeOf(type))}`;
  const seconds = sql<number>`extract(epoch from ${reference})`;
  switch (form) {
    case 'instant': {
      if (type !== TIMESTAMPTZ) return { rule: `is ${type}; 'instant' wants timestamp with time zone` };
      const literal = (value: number) => new Date(value).toISOString();
      // Read as UTC by every session of ours, and written as such.
      const write = (value: number) => fullWall(value, ' ');
      const decode = (text: string) => decodeWall(text, ' ');
      return sortedColumn(reference, { axis: INSTANT_AXIS, decode, literal, write, constant, seconds });
    }
    case 'wall':
    case 'utc': {
      if (type !== TIMESTAMP && !TEXT.has(type)) {
        return { rule: `is ${type}; '${form}' wants timestamp without time zone, or text` };
      }
      const between = type === TIMESTAMP ? ' ' : separator;
      return sortedColumn(reference, {
        axis: form === 'utc' ? INSTANT_AXIS : wall,
        decode: (text) => decodeWall(text, between, form === 'utc'),
        literal: (value) => shortestWall(value, between),
        write: (value) => fullWall(value, between),
        constant,
        // A text that is no time would fail the whole statement.
        seconds: TEXT.has(type) ? null : seconds,
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
        constant,
        seconds: sql`(${reference} / ${sql.lit(1000 / unit)}.0)`,
      });
    }
  }
};

export const date: SqlEngine['date'] = (reference, type) => {
  if (type !== 'date' && type !== TIMESTAMP && !TEXT.has(type)) {
    return { rule: `is ${type}; a date wants date, timestamp without time zone, or text` };
  }
  const constant = (day: number) => sql`${dateText(day)}::${sql.raw(timeTypeOf(type))}`;
  return {
    from: (day) => sql`${reference} >= ${constant(day)}`,
    before: (day) => sql`${reference} < ${constant(day)}`,
    seconds: TEXT.has(type) ? null : sql`extract(epoch from ${reference}::date)`,
    written: dateText,
  };
};

export const clock: SqlEngine['clock'] = (reference, type, form) => {
  const isText = TEXT.has(type);
  const isTime = type === 'time without time zone';
  const fits = form === 'time' ? isTime || isText : NUMBER.has(type) || (isText && form === 'hhmm');
  if (!fits) {
    return { rule: `is ${type}; '${form}' wants ${form === 'time' ? 'time without time zone, or text' : 'a number'}` };
  }
  // Texts are looked at before they are taken for numbers: one that is none would fail the whole statement.
  const part = (n: number) => sql`coalesce(nullif(split_part(${reference}, ':', ${sql.lit(n)}), ''), '0')::numeric`;
  const ofText = sql<number>`case when ${reference} ~ '^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?$'
    then trunc(${part(1)} * 3600 + ${part(2)} * 60 + ${part(3)}) end`;
  const digits = isText ? sql`case when ${reference} ~ '^ *[0-9]{1,4} *$' then ${reference}::numeric end` : reference;
  const seconds: Record<typeof form, RawBuilder<number>> = {
    time: isText ? ofText : sql`trunc(extract(epoch from ${reference}))`,
    seconds: sql`${reference}`,
    minutes: sql`(${reference} * 60)`,
    hhmm: sql`(trunc((${digits})::numeric / 100) * 3600 + mod((${digits})::numeric, 100) * 60)`,
  };
  return { seconds: seconds[form], written: (value) => writtenClock(form, value, isText) };
};
