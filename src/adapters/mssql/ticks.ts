import { MINUTE } from '../../domain/instant.js';

/**
 * The least time that a column of this type can hold at or after a wall time, both in ms. `datetime` knows thirds of a hundredth of a
 * second, shown as .000, .003 and .007, and `smalldatetime` minutes
 * (https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql): a constant between two of them would be
 * rounded by the server, to either side.
 */
export function nextTick(type: string, wall: number): number {
  if (type === 'smalldatetime') return Math.ceil(wall / MINUTE) * MINUTE;
  if (type !== 'datetime') return wall;
  const digit = ((wall % 10) + 10) % 10;
  return wall - digit + (TICKS.find((tick) => tick >= digit) ?? 10);
}

const TICKS = [0, 3, 7];
