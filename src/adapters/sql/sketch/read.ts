import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { addDigests, EMPTY_DIGEST, type Digest } from '../../../domain/digest.js';
import { CHECK_BASE, type Cell } from '../../../domain/sketch.js';
import type { ReadSketch, SketchRead } from '../../adapter.js';
import type { Source } from '../source.js';
import { segmentsOf } from '../time/axis.js';
import { inStretch } from '../where.js';
import type { IdForm } from './form.js';
import { wordCount, type SketchTable } from './ids.js';

/** What differs between SQL engines when a sketch is read. */
export interface SketchEngine {
  formOf(type: string): IdForm | undefined;
  /** The words of a key. */
  words(form: IdForm, reference: RawBuilder<unknown>): readonly RawBuilder<number>[];
  /** A row's hash; computed once, and called `h` then. */
  hash(source: Source): RawBuilder<unknown>;
  /** The halves of `h` as whole numbers. */
  readonly high: RawBuilder<number>;
  readonly low: RawBuilder<number>;
  /** How many of the ascending thresholds lie at or before the start. */
  segment(source: Source, thresholds: readonly number[]): RawBuilder<number>;
  /** Keeps the server from computing the columns of a subquery once for each place where they are named. */
  readonly once: RawBuilder<unknown>;
  /** A sum of whole numbers, without loss. */
  sum(of: RawBuilder<number>): RawBuilder<unknown>;
  /** What sums rows up in several ways at once: the server's own grouping sets, and its name for which of them a row is of; else a join. */
  readonly groupingId: RawBuilder<unknown> | null;
  /** As one text with a blank between any two: a column each would be three times as many bytes. */
  joined(columns: readonly RawBuilder<unknown>[]): RawBuilder<string>;
}

/** Digests and both halves of the sketch, computed by the server in one pass: the hashes, which are what is dear, once. */
export async function readSketch(
  db: QueryExecutorProvider,
  engine: SketchEngine,
  tables: readonly SketchTable[],
  { edges, cutoff, cells }: Pick<SketchRead, 'edges' | 'cutoff' | 'cells'>,
): Promise<ReadSketch> {
  const words = Array.from({ length: wordCount(tables) }, (_, i) => sql.id(`w${String(i)}`));
  const buckets: number[] = [];
  const selects = tables.flatMap((table) =>
    table.sources.map((source) => {
      const segments = segmentsOf(source.start.axis, edges);
      const base = buckets.length;
      buckets.push(...segments.buckets);
      const values = [sql.lit(table.number), ...engine.words(table.form, source.id.only?.reference ?? sql.lit(0))];
      const named = words.map((word, i) => sql`${values[i] ?? sql.lit(0)} as ${word}`);
      return sql`select ${sql.lit(base)} + ${engine.segment(source, segments.thresholds)} as segment, ${engine.hash(source)} as h,
        ${sql.join(named)} from ${source.from} where ${inStretch(source, { from: null, to: null, cutoff })}`;
    }),
  );
  const { rows } = await sql<{ readonly sums: string }>`
    select ${engine.joined([sql`part`, sql`cell`, sql`n`, ...SUMS, ...words])} as sums
    from (${summed(engine, halved(engine, selects, words), words, cells)}) summed
  `.execute(db);
  const digests: Digest[] = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  const none: Cell = { ...EMPTY_DIGEST, sumCheck: 0, sumWords: words.map(() => 0) };
  const halves = [1, 2].map(() => Array.from({ length: cells }, () => none));
  for (const { sums: text } of rows) {
    const [part = 0, at = 0, count = 0, sumHigh = 0, sumLow = 0, sumCheck = 0, ...sumWords] = text
      .split(' ')
      .map(Number);
    const digest = { count, sumHigh, sumLow };
    if (part === 0) {
      const bucket = buckets[at] ?? 0;
      digests[bucket] = addDigests(digests[bucket] ?? EMPTY_DIGEST, digest);
    } else {
      const half = halves[part - 1];
      if (half) half[at] = { ...digest, sumCheck, sumWords };
    }
  }
  const [low = [], high = []] = halves;
  return { digests, sketch: { low, high } };
}

const SUMS = [sql`high`, sql`low`, sql`test`];
const test = sql`(high % ${sql.lit(CHECK_BASE)}) * (low % ${sql.lit(CHECK_BASE)})`;

/** Each row's segment, the halves of its hash, and its id's words. */
function halved(
  engine: SketchEngine,
  selects: readonly RawBuilder<unknown>[],
  words: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  return sql`select segment, ${engine.high} as high, ${engine.low} as low, ${sql.join(words)}
    from (${sql.join(selects, sql` union all `)} ${engine.once}) hashed`;
}

/** The sums of each segment (part 0), and of each cell of both halves (1 and 2). */
function summed(
  engine: SketchEngine,
  rows: RawBuilder<unknown>,
  words: readonly RawBuilder<unknown>[],
  cells: number,
): RawBuilder<unknown> {
  const columns = [...SUMS, ...words];
  const sums = sql`count(*) as n, ${sql.join(columns.map((column) => sql`${engine.sum(sql`${column}`)} as ${column}`))}`;
  const cell = (half: RawBuilder<unknown>) => sql`${half} % ${sql.lit(cells)}`;
  const [high = sql``, low = sql``] = SUMS;
  if (engine.groupingId) {
    return sql`
      select case ${engine.groupingId} when 3 then 0 when 5 then 1 else 2 end as part, coalesce(segment, l, g) as cell, ${sums}
      from (select segment, ${cell(low)} as l, ${cell(high)} as g, high, low, ${test} as test, ${sql.join(words)} from (${rows}) halved) each
      group by grouping sets ((segment), (l), (g))`;
  }
  return sql`
    select part, cell, ${sums}
    from (
      select part, case part when 0 then segment when 1 then ${cell(low)} else ${cell(high)} end as cell,
        high, low, ${test} as test, ${sql.join(words)}
      from (${rows}) halved cross join (select 0 as part union all select 1 union all select 2) parts
    ) spread
    group by part, cell`;
}
