import { addHash, EMPTY_DIGEST, instantToWall, type Digest, type Instant } from 'clinic-sync';

import { hashText } from './hash.js';
import { instantLiteral, wallLiteral } from './literals.js';
import { instantOf } from './rows.js';
import type { Cells, Query } from './session.js';
import type { Source } from './source.js';
import { isPlain, MAX_CLOCK_CHANGE, readWall } from './times.js';

const DAY = 86_400_000;

/**
 * One digest for each bucket. The server sums up days, cut further where an edge is no midnight of the wall; where an edge lies
 * near a clock change, wall-clock times stand in another order than instants, and the rows themselves are summed up here.
 */
export async function digestOf(
  query: Query,
  sources: readonly Source[],
  edges: readonly Instant[],
  window: Window,
): Promise<readonly Digest[]> {
  const digests = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  for (const source of sources) {
    const isSimple = [...edges, window.cutoff].every((edge) => isPlain(edge, source.zone));
    const sums = await (isSimple ? sumByDay : sumByRow)(query, source, edges, window);
    for (const { bucket, count, sumHigh, sumLow } of sums) {
      const digest = digests[bucket] ?? EMPTY_DIGEST;
      digests[bucket] = {
        count: digest.count + count,
        sumHigh: digest.sumHigh + sumHigh,
        sumLow: digest.sumLow + sumLow,
      };
    }
  }
  return digests;
}

interface Window {
  /** The last edge, where nothing that starts later is asked for. */
  readonly to: Instant | undefined;
  readonly cutoff: Instant;
}

type Sum = Digest & { readonly bucket: number };

async function sumByDay(
  query: Query,
  source: Source,
  edges: readonly Instant[],
  window: Window,
): Promise<readonly Sum[]> {
  const { start, end, zone, longestRowMs, table, hash } = source;
  const { to, cutoff } = window;
  const walls = edges.map((edge) => instantToWall(edge, zone));
  const within = walls.filter((wall) => wall % DAY !== 0);
  const parts = within.map((wall) => `iif(${start} < ${wallLiteral(wall)}, 0, 1)`);
  const groups = [`cast(${start} as date)`, ...(parts.length > 0 ? [parts.join(' + ')] : [])];
  const rows = await query(`
    select cast(min(${start}) as varchar(24)), count(*), sum(${hash[0]}), sum(${hash[1]}) from ${table}
    where ${start} >= ${instantLiteral(cutoff - longestRowMs - MAX_CLOCK_CHANGE, zone)}
      and ${end} > ${instantLiteral(cutoff, zone)}
      ${to === undefined ? '' : `and ${start} < ${instantLiteral(to + MAX_CLOCK_CHANGE, zone)}`}
    group by ${groups.join(', ')}`);
  return rows.map((cells) => ({ bucket: bucketOf(walls, firstWall(cells)), ...sumsOf(cells) }));
}

async function sumByRow(
  query: Query,
  source: Source,
  edges: readonly Instant[],
  window: Window,
): Promise<readonly Sum[]> {
  const { start, end, zone, longestRowMs, table, select } = source;
  const { to, cutoff } = window;
  const rows = await query(`
    select ${select} from ${table}
    where ${start} >= ${instantLiteral(cutoff - longestRowMs - MAX_CLOCK_CHANGE, zone)}
      and ${end} >= ${instantLiteral(cutoff - MAX_CLOCK_CHANGE, zone)}
      ${to === undefined ? '' : `and ${start} < ${instantLiteral(to + MAX_CLOCK_CHANGE, zone)}`}`);
  return rows.flatMap((cells) => {
    const [starts, ends] = [instantOf(cells[3], zone), instantOf(cells[4], zone)];
    if (starts === undefined || ends === undefined || ends <= cutoff) return [];
    const hash = hashText(Number(cells[6]), Number(cells[7]));
    return [{ bucket: bucketOf(edges, starts), ...addHash(EMPTY_DIGEST, hash) }];
  });
}

/** How many of the ascending edges lie at or before it. */
function bucketOf(edges: readonly number[], at: number): number {
  return edges.filter((edge) => edge <= at).length;
}

function firstWall([text]: Cells): number {
  return readWall(String(text)) ?? Number.NEGATIVE_INFINITY;
}

function sumsOf([, count, upper, lower]: Cells): Digest {
  return { count: Number(count), sumHigh: Number(upper), sumLow: Number(lower) };
}
