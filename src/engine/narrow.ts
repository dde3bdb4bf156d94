import type { Digest } from '../domain/digest.js';
import { sameDigest } from '../domain/digest.js';
import type { Instant } from '../domain/instant.js';
import type { Stream } from '../domain/row.js';
import type { ScopeRange } from '../domain/scope.js';

/** A range read on its own gives about this many rows at the most, so that no statement is long and no answer large. */
export const ROWS_PER_READ = 5_000;

/** Without counts to go by, one read covers this many days. */
export const DAYS_PER_READ = 14;

/** One read: the range, and the buckets it covers. */
export interface Piece {
  readonly range: ScopeRange;
  readonly firstBucket: number;
  readonly lastBucket: number;
  /** At the clinic; 0 where no digest says it. */
  readonly rows: number;
}

function piece(
  stream: Stream,
  edges: readonly Instant[],
  firstBucket: number,
  lastBucket: number,
  rows: number,
): Piece {
  return {
    range: { stream, from: edges[firstBucket - 1] ?? null, to: edges[lastBucket] ?? null },
    firstBucket,
    lastBucket,
    rows,
  };
}

/** The ranges whose digests differ, neighbours joined up to {@link ROWS_PER_READ}. */
export function differingPieces(
  stream: Stream,
  edges: readonly Instant[],
  clinic: readonly Digest[],
  mirror: readonly Digest[],
): Piece[] {
  const pieces: Piece[] = [];
  let open: { first: number; last: number; rows: number } | undefined;
  const close = () => {
    if (open) pieces.push(piece(stream, edges, open.first, open.last, open.rows));
    open = undefined;
  };
  for (let bucket = 0; bucket <= edges.length; bucket++) {
    const theirs = clinic[bucket];
    const ours = mirror[bucket];
    if (!theirs || !ours || sameDigest(theirs, ours)) {
      close();
      continue;
    }
    if (open && open.rows + theirs.count > ROWS_PER_READ) close();
    open = open
      ? { ...open, last: bucket, rows: open.rows + theirs.count }
      : { first: bucket, last: bucket, rows: theirs.count };
  }
  close();
  return pieces;
}

/** The whole future in reads of about {@link ROWS_PER_READ} rows, where nothing says how many a day has: by how many the last one had. */
export class PacedPieces {
  private first = 0;
  private days = 1;

  constructor(
    private readonly stream: Stream,
    private readonly edges: readonly Instant[],
  ) {}

  /** `rows`: what the last one gave. `undefined` at the end. */
  next(rows: number): Piece | undefined {
    const { stream, edges, first } = this;
    if (first > edges.length) return undefined;
    // The last one was a day, or was as long as it ought to have been: not much longer at once.
    if (first > 0)
      this.days = Math.max(1, Math.min(4 * this.days, Math.floor((this.days * ROWS_PER_READ) / Math.max(rows, 1))));
    const last = Math.min(first + this.days - 1, edges.length);
    this.first = last + 1;
    return piece(stream, edges, first, last, 0);
  }
}

/** The whole future in reads of {@link DAYS_PER_READ} days, the last one without an end. */
export function allPieces(stream: Stream, edges: readonly Instant[]): Piece[] {
  const pieces: Piece[] = [];
  for (let first = 0; first <= edges.length; first += DAYS_PER_READ) {
    pieces.push(piece(stream, edges, first, Math.min(first + DAYS_PER_READ - 1, edges.length), 0));
  }
  return pieces;
}
