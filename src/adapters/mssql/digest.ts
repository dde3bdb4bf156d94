import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { addDigests, COLUMN_SEPARATOR, EMPTY_DIGEST, NULL_TEXT, type Digest } from '../../domain/digest.js';
import type { DigestRead } from '../adapter.js';
import { segmentsOf } from '../sql/time/axis.js';
import type { Source } from '../sql/source.js';
import { inStretch } from '../sql/where.js';

interface SegmentSums {
  segment: number;
  count: number;
  high: string | null;
  low: string | null;
}

/** CASE may be nested ten deep (https://learn.microsoft.com/en-us/sql/t-sql/language-elements/case-transact-sql). */
const BRANCHES = 16;

/** Sums of row hashes, computed by the server in one pass over an index range for each table. */
export async function digest(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  { stream, edges, to, cutoff }: Omit<DigestRead, 'signal'>,
): Promise<Digest[]> {
  const digests = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  for (const source of sources) {
    if (source.stream !== stream) continue;
    const { thresholds, buckets } = segmentsOf(source.start.axis, edges);
    const half = (from: number) => sql`cast(sum(cast(substring(h, ${sql.lit(from)}, 4) as bigint)) as nvarchar(20))`;
    const { rows } = await sql<SegmentSums>`
      select segment, count(*) as count, ${half(1)} as high, ${half(5)} as low
      from (
        select ${segmentOf(source, thresholds, 0)} as segment, ${source.serverHash?.number ?? sql`0x`} as h
        from ${source.from} where ${inStretch(source, { from: null, to: to ?? null, cutoff })}
      ) as hashed
      group by segment
    `.execute(db);
    for (const { segment, count, high, low } of rows) {
      const bucket = buckets[segment] ?? 0;
      const sums = { count, sumHigh: Number(high), sumLow: Number(low) };
      digests[bucket] = addDigests(digests[bucket] ?? EMPTY_DIGEST, sums);
    }
  }
  return digests;
}

/** How many of the ascending thresholds lie at or before the start: a tree of comparisons with many branches at each level. */
export function segmentOf(source: Source, thresholds: readonly number[], base: number): RawBuilder<number> {
  if (thresholds.length === 0) return sql`${sql.lit(base)}`;
  const step = Math.ceil((thresholds.length + 1) / BRANCHES);
  const branches: RawBuilder<unknown>[] = [];
  let from = 0;
  for (let at = step; at <= thresholds.length; at += step) {
    const below = segmentOf(source, thresholds.slice(from, at - 1), base + from);
    branches.push(sql`when ${source.start.below(thresholds[at - 1] ?? 0)} then ${below}`);
    from = at;
  }
  const rest = segmentOf(source, thresholds.slice(from), base + from);
  return branches.length === 0 ? rest : sql`case ${sql.join(branches, sql` `)} else ${rest} end`;
}

/**
 * A source whose rows carry their hash as the server computes it: MD5, as everywhere, but of UTF-16. The first text is of unlimited
 * length, and with it the whole, which would otherwise be cut at 4,000 characters; SQL Server 2014 refuses to hash more than that.
 */
export function withServerHash(source: Source): Source {
  const texts = source.columns.map((text) => sql`coalesce(${text}, ${NULL_TEXT})`);
  const all = sql.join([sql`cast(${source.mapping.label} as nvarchar(max))`, ...texts], sql` + ${COLUMN_SEPARATOR} + `);
  const number = sql<string>`substring(hashbytes('MD5', ${all}), 1, 8)`;
  return { ...source, serverHash: { number, text: sql<string>`lower(convert(varchar(16), ${number}, 2))` } };
}
