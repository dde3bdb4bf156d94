import { sql, type RawBuilder } from 'kysely';

import type { Source } from './source.js';

/** How many of the ascending thresholds lie at or before the start: a tree of comparisons, as deep as their number's logarithm. */
export function segmentTree(source: Source, thresholds: readonly number[], base = 0): RawBuilder<number> {
  const middle = thresholds.length >> 1;
  const threshold = thresholds[middle];
  if (threshold === undefined) return sql`${sql.lit(base)}`;
  const below = segmentTree(source, thresholds.slice(0, middle), base);
  const above = segmentTree(source, thresholds.slice(middle + 1), base + middle + 1);
  return sql`case when ${source.start.below(threshold)} then ${below} else ${above} end`;
}
