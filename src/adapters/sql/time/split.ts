import { sql, type RawBuilder } from 'kysely';

import { DAY, SECOND } from '../../../domain/instant.js';
import type { ClockColumn, DateColumn } from '../engine.js';
import { allOf, anyOf } from '../logic.js';
import { DAY_S } from './clock.js';
import type { ValueComparisons } from './stamp.js';

/** Date and time of day in columns of their own; without a time of day, the day's beginning. */
export interface SplitColumns {
  readonly date: DateColumn;
  readonly clock: ClockColumn | null;
}

/**
 * Comparisons of a start, kept as date and time of day, with one value of its axis. The date is compared by itself and bare, so that an
 * index that begins with it can be used; at midnight, which nearly all of our bounds are, nothing else is.
 */
export function startComparisons({ date, clock }: SplitColumns): ValueComparisons {
  return {
    atLeast: (value) => {
      const { day, seconds } = parts(value);
      if (seconds === 0) return date.from(day);
      return clock
        ? allOf([date.from(day), anyOf([date.from(day + 1), compared(clock, '>=', seconds)])])
        : date.from(day + 1);
    },
    below: (value) => {
      const { day, seconds } = parts(value);
      if (seconds === 0) return date.before(day);
      return clock
        ? allOf([date.before(day + 1), anyOf([date.before(day), compared(clock, '<', seconds)])])
        : date.before(day + 1);
    },
  };
}

/** The same of an end, which can be the midnight after its date, or `plusMs` later. */
export function endComparisons({ date, clock }: SplitColumns, plusMs: number): ValueComparisons {
  if (!clock) {
    const dayOf = (value: number) => Math.ceil((value - plusMs) / DAY);
    return { atLeast: (value) => date.from(dayOf(value)), below: (value) => date.before(dayOf(value)) };
  }
  // So many days after its date an end can be.
  const reach = Math.ceil((DAY + plusMs) / DAY);
  const onEach = (value: number, operator: '>=' | '<') => {
    const { day } = parts(value);
    return Array.from({ length: reach + 1 }, (_, i) => {
      const seconds = Math.ceil((value - plusMs - (day - i) * DAY) / SECOND);
      return allOf([date.from(day - i), date.before(day - i + 1), compared(clock, operator, seconds)]);
    });
  };
  return {
    atLeast: (value) => {
      const { day } = parts(value);
      return allOf([date.from(day - reach), anyOf([date.from(day + 1), ...onEach(value, '>=')])]);
    },
    below: (value) => {
      const { day } = parts(value);
      return allOf([date.before(day + 1), anyOf([date.before(day - reach), ...onEach(value, '<')])]);
    },
  };
}

/** Clocks are read to the second: at or after a fraction is at or after the next whole one. */
function parts(value: number): { day: number; seconds: number } {
  const day = Math.floor(value / DAY);
  return { day, seconds: Math.ceil((value - day * DAY) / SECOND) };
}

function compared(clock: ClockColumn, operator: '>=' | '<', seconds: number): RawBuilder<boolean> {
  if (seconds <= 0) return operator === '>=' ? sql`1 = 1` : sql`1 = 0`;
  if (seconds > DAY_S) return operator === '>=' ? sql`1 = 0` : sql`1 = 1`;
  return sql`${clock.seconds} ${sql.raw(operator)} ${sql.lit(seconds)}`;
}
