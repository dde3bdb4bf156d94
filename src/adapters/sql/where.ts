import { sql, type RawBuilder } from 'kysely';

import type { Instant } from '../../domain/instant.js';
import { allOf } from './logic.js';
import type { Source } from './source.js';

/** The stretch of starts that is asked for. */
export interface Stretch {
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly cutoff: Instant;
}

/** The earliest start that is looked at: rows that started before the cutoff may be under way. */
export function earliestStart(source: Source, stretch: Stretch): Instant {
  return Math.max(stretch.from ?? -Infinity, stretch.cutoff - source.mapping.longestRowMs);
}

/**
 * The rows that count, end after the cutoff and start in the stretch, and the broken ones among them: those that start after the
 * cutoff and have no end, or an earlier one. Both sides of a comparison must mean the same rows, so digests use it too.
 */
export function inStretch(source: Source, stretch: Stretch): RawBuilder<boolean> {
  // Times are cut to whole ms, so "after" is "at the next ms or later".
  const afterCutoff = stretch.cutoff + 1;
  return allOf([
    source.start.from(earliestStart(source, stretch)),
    ...(stretch.to === null ? [] : [source.start.before(stretch.to)]),
    // Nearly all rows start after the cutoff, which is cheaper to see than where they end.
    sql`(${source.start.from(afterCutoff)} or ${source.end.from(afterCutoff)})`,
    ...counting(source),
  ]);
}

/** The condition that the row counts, where there is one. */
export function counting({ counts }: Pick<Source, 'counts'>): readonly RawBuilder<boolean>[] {
  return counts ? [counts] : [];
}
