import { addDigests, addHash, EMPTY_DIGEST, sameDigest, type Digest } from '../domain/digest.js';
import type { Instant } from '../domain/instant.js';
import { streamOf, STREAMS, type StoredRow, type Stream } from '../domain/row.js';
import { dayEdges, localDay, startOfDay } from '../domain/zone.js';

/** A comparison never asks for more buckets than this; rows further off share the last one. */
export const MAX_BUCKETS = 400;

/** A digest that rows are added to in place: half a million of them while a large mirror is checked. */
type Sum = { -readonly [K in keyof Digest]: Digest[K] };

interface DayDigests {
  /** Of all days. */
  total: Sum;
  readonly days: Map<number, Sum>;
  /**
   * By bucket edge: what the clinic's digest has beyond the mirror's for reasons that reading the rows explained (rows that
   * cannot be decoded). Without it such a day would be read again at every look.
   */
  readonly explained: Map<Instant, Digest>;
}

/**
 * The mirror's side of digest comparison: one digest per local day and stream, kept up with every commit. A cache of what the
 * rows say, rebuilt from them whenever a mirror is opened, and compared with them by the audit.
 */
export class DigestIndex {
  private readonly streams: Record<Stream, DayDigests> = {
    busy: { total: nothing(), days: new Map(), explained: new Map() },
    session: { total: nothing(), days: new Map(), explained: new Map() },
  };

  constructor(private readonly zone: string) {}

  add(row: StoredRow): void {
    this.change(row, 1);
  }

  remove(row: StoredRow): void {
    this.change(row, -1);
  }

  clear(): void {
    for (const stream of STREAMS) {
      this.streams[stream].total = nothing();
      this.streams[stream].days.clear();
      this.streams[stream].explained.clear();
    }
  }

  /** Takes the place of what it held. */
  become(other: DigestIndex): void {
    this.clear();
    for (const stream of STREAMS) {
      this.streams[stream].total = { ...other.streams[stream].total };
      for (const [day, digest] of other.streams[stream].days) this.streams[stream].days.set(day, { ...digest });
    }
  }

  rowCount(stream: Stream): number {
    return this.streams[stream].total.count;
  }

  /** One digest over everything. */
  total(): Digest {
    return addDigests(this.streams.busy.total, this.streams.session.total);
  }

  /** Local day edges from the cutoff's day to the day after the last row of either stream. */
  edges(cutoff: Instant): Instant[] {
    let last = this.dayOf(cutoff);
    const first = last;
    for (const stream of STREAMS) for (const day of this.streams[stream].days.keys()) last = Math.max(last, day);
    return this.edgesOf(cutoff, last - first + 1);
  }

  /** As many as there can be, whatever rows there are. */
  mostEdges(cutoff: Instant): Instant[] {
    return this.edgesOf(cutoff, MAX_BUCKETS);
  }

  /** The mirror's digests in the buckets that these edges make, what is explained included. */
  digests(stream: Stream, edges: readonly Instant[]): Digest[] {
    const buckets = Array.from({ length: edges.length + 1 }, (_, i) => this.explainedIn(stream, edges, i));
    const firstDay = edges[0] === undefined ? 0 : this.dayOf(edges[0]);
    for (const [day, digest] of this.streams[stream].days) {
      const bucket = Math.min(Math.max(day - firstDay + 1, 0), edges.length);
      buckets[bucket] = addDigests(buckets[bucket] ?? EMPTY_DIGEST, digest);
    }
    return buckets;
  }

  /** Notes that a bucket whose rows were just found equal has this digest at the clinic. */
  explain(stream: Stream, edges: readonly Instant[], bucket: number, atClinic: Digest): void {
    const { explained } = this.streams[stream];
    const key = edges[bucket - 1] ?? Number.NEGATIVE_INFINITY;
    explained.delete(key);
    const ours = this.digests(stream, edges)[bucket] ?? EMPTY_DIGEST;
    if (!sameDigest(ours, atClinic)) {
      explained.set(key, {
        count: atClinic.count - ours.count,
        sumHigh: atClinic.sumHigh - ours.sumHigh,
        sumLow: atClinic.sumLow - ours.sumLow,
      });
    }
  }

  private edgesOf(cutoff: Instant, days: number): Instant[] {
    const start = startOfDay(cutoff, this.zone);
    return [start, ...dayEdges(start, Math.min(days, MAX_BUCKETS - 1), this.zone)];
  }

  private explainedIn(stream: Stream, edges: readonly Instant[], bucket: number): Digest {
    return this.streams[stream].explained.get(edges[bucket - 1] ?? Number.NEGATIVE_INFINITY) ?? EMPTY_DIGEST;
  }

  private dayOf(instant: Instant): number {
    return localDay(instant, this.zone);
  }

  private change({ row, hash }: StoredRow, sign: 1 | -1): void {
    const { total, days } = this.streams[streamOf(row)];
    const day = this.dayOf(row.start);
    let digest = days.get(day);
    if (!digest) days.set(day, (digest = nothing()));
    const { sumHigh, sumLow } = addHash(EMPTY_DIGEST, hash, sign);
    for (const sum of [total, digest]) {
      sum.count += sign;
      sum.sumHigh += sumHigh;
      sum.sumLow += sumLow;
    }
    if (digest.count === 0) days.delete(day);
  }
}

const nothing = (): Sum => ({ ...EMPTY_DIGEST });
