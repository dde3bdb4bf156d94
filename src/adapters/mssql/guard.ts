import { sql } from 'kysely';

import type { Source } from '../sql/source.js';
import type { IndexFact } from './catalog.js';

/**
 * The sources with the locks that the guard of a booking takes, or `null` where one has no index that fits: key ranges that were
 * read are locked until the booking is committed. With an index on practitioner and start that is some weeks of one person's
 * diary; without, it would be everybody's.
 */
export async function withRangeLocks(
  sources: readonly Source[],
  indexesOf: (source: Source) => Promise<readonly IndexFact[]>,
): Promise<readonly Source[] | null> {
  const locked: Source[] = [];
  for (const source of sources) {
    // Those of everybody are few, and written seldom.
    if (source.stream !== 'busy' || source.mapping.everyone) {
      locked.push(source);
      continue;
    }
    const index = fittingIndex(source, await indexesOf(source));
    if (!index) return null;
    // An update lock, because two shared ones would wait for each other.
    const hints = sql`with (updlock, holdlock, index (${sql.id(index.name)}))`;
    locked.push({ ...source, guardFrom: sql`${source.from} ${hints}` });
  }
  return locked;
}

function fittingIndex({ mapping, start }: Source, indexes: readonly IndexFact[]): IndexFact | undefined {
  const [practitioner, another] = mapping.practitioners.map((name) => name.toLowerCase());
  if (another !== undefined) return undefined;
  return indexes.find(({ columns }) => columns[0] === practitioner && columns[1] === start.columns[0]?.toLowerCase());
}
