/** What is written reads back as the same instant and as the same clock on the wall, around every clock change of fifteen years. */
import { sql } from 'kysely';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { MYSQL_ENGINE } from '../../../src/adapters/mysql/engine.js';
import { wallAxis } from '../../../src/adapters/sql/time/axis.js';
import { splitMoment } from '../../../src/adapters/sql/time/moment.js';
import { MINUTE, type Instant } from '../../../src/domain/instant.js';
import type { WallPolicy } from '../../../src/domain/zone.js';

const ZONES = [
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Europe/London',
  'America/St_Johns',
  'UTC',
];
const POLICIES: readonly WallPolicy[] = [
  { gap: 'shift', overlap: 'earlier' },
  { gap: 'shift', overlap: 'later' },
  { gap: 'reject', overlap: 'reject' },
];

function transitions(zone: string): Instant[] {
  const found: Instant[] = [];
  let at = Temporal.Instant.from('2020-01-01T00:00Z').toZonedDateTimeISO(zone);
  for (
    let next = at.getTimeZoneTransition('next');
    next && next.year <= 2035;
    next = at.getTimeZoneTransition('next')
  ) {
    found.push(next.epochMilliseconds);
    at = next;
  }
  // One plain day for a zone without any.
  return found.length > 0 ? found : [Date.UTC(2026, 5, 1)];
}

const wallOf = (instant: Instant, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).toPlainDateTime();
const column = { reference: sql`c`, text: sql<string | null>`c` };

/** The two forms of a wall time: in one column, and as date and time of day. */
function formsOf(zone: string, policy: WallPolicy) {
  const axis = wallAxis(zone, policy);
  const stamp = MYSQL_ENGINE.stamp(column.reference, 'datetime', { form: 'wall', separator: ' ' }, axis);
  const date = MYSQL_ENGINE.date(column.reference, 'date');
  const clock = MYSQL_ENGINE.clock(column.reference, 'time', 'time');
  if ('rule' in stamp || 'rule' in date || 'rule' in clock) throw new TypeError();
  const mapping = { kind: 'split', date: 'd', clock: { column: 't', form: 'time' }, form: 'wall' } as const;
  const split = splitMoment(mapping, [column.text, column.text], { date, clock }, axis);
  return {
    axis,
    stamp: (instant: Instant) => {
      const written = stamp.written(instant);
      return written === undefined ? undefined : { text: String(written), value: stamp.decode(String(written)) };
    },
    split: (instant: Instant) => {
      const written = split.written(instant);
      if (!written) return undefined;
      const texts = written.map(({ value }) => String(value));
      return { text: texts.join(' '), value: split.value(texts) };
    },
  };
}

describe.each(ZONES)('%s', (zone) => {
  it.each(POLICIES)('$gap, $overlap', (policy) => {
    const { axis, stamp, split } = formsOf(zone, policy);
    for (const change of transitions(zone)) {
      for (let minutes = -180; minutes <= 180; minutes += 5) {
        const instant = change + minutes * MINUTE;
        const wall = wallOf(instant, zone);
        const meanings = (['earlier', 'later'] as const).map(
          (each) => wall.toZonedDateTime(zone, { disambiguation: each }).epochMilliseconds,
        );
        const isTwice = meanings[0] !== meanings[1];
        const wanted = policy.overlap === 'later' ? meanings[1] : meanings[0];
        const isWritable = !isTwice || (policy.overlap !== 'reject' && wanted === instant);
        for (const written of [stamp(instant), split(instant)]) {
          expect(written !== undefined, `${zone} ${wall.toString()}`).toBe(isWritable);
          if (!written) continue;
          expect(written.text).toBe(wall.toString({ smallestUnit: 'second' }).replace('T', ' '));
          expect(written.value === undefined ? undefined : axis.read(written.value)).toBe(instant);
        }
      }
    }
  });
});
