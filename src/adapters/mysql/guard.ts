import { sql } from 'kysely';

import type { Source } from '../sql/source.js';
import type { IndexFact, TableFacts } from './catalog.js';

/**
 * The sources with the index that the guard has to use, or `null` where one of them has none that fits: InnoDB locks what a guard
 * has read until the booking is committed. With an index on practitioner and start that is a few weeks of one person's diary;
 * without, it would be everybody's, and whoever holds any of it open would have the whole front desk wait with us.
 */
export function withGuardIndex(
  sources: readonly Source[],
  factsOf: (source: Source) => TableFacts | undefined,
): readonly Source[] | null {
  const fitted: Source[] = [];
  for (const source of sources) {
    // Those of everybody are few, and written seldom.
    if (source.stream !== 'busy' || source.mapping.everyone) {
      fitted.push(source);
      continue;
    }
    const index = fittingIndex(source, factsOf(source)?.indexes ?? []);
    if (!index) return null;
    // Left to itself the server may take another one for the few rows of a small table.
    fitted.push({ ...source, guardFrom: sql`${source.from} force index (${sql.id(index.name)})` });
  }
  return fitted;
}

function fittingIndex({ mapping, start }: Source, indexes: readonly IndexFact[]): IndexFact | undefined {
  const [practitioner, another] = mapping.practitioners.map((name) => name.toLowerCase());
  if (another !== undefined) return undefined;
  return indexes.find(({ columns }) => columns[0] === practitioner && columns[1] === start.columns[0]?.toLowerCase());
}
