import type { ReadRows, SkippedRow, UnknownStatus } from '../adapters/adapter.js';
import { stored } from '../domain/fingerprint.js';
import { keyText, streamOf, type RowKey, type StoredRow } from '../domain/row.js';
import type { Notices } from './notices.js';
import { diffRows, isSame, keyOf, mapRows } from './diff.js';

/**
 * What one reconcile has learnt so far. Holds the differences only, so its memory follows them and not the number of rows.
 */
export class Comparison {
  /** Rows at the clinic that the mirror has not, or has otherwise. */
  private readonly arrivals = new Map<string, StoredRow>();
  /** Keys that the mirror has and the clinic seems not to have, or that were read in two versions. Not concluded yet. */
  private readonly doubtful = new Map<string, RowKey>();
  /** Keys that were read again and are gone. */
  private readonly gone = new Map<string, RowKey>();
  /** Keys that came in two versions in one answer: moved while they were read. */
  private readonly twice = new Set<string>();
  /** What the mirror had where the two differed, as of {@link compare}. */
  private readonly mirrored = new Map<string, StoredRow>();
  private readonly undecodable = new Map<string, SkippedRow>();
  private readonly unknown = new Map<string, UnknownStatus>();
  /** Rows read from the clinic. */
  read = 0;

  /** Takes in one answer of the clinic and the mirror's rows of the same part. Answers whether they were equal, hashes included. */
  compare(answer: ReadRows, mirror: readonly StoredRow[]): boolean {
    const diff = diffRows(mapRows(mirror), this.take(answer));
    for (const row of diff.deleted) {
      const key = keyOf(row);
      this.doubtful.set(key, { stream: streamOf(row.row), id: row.row.id });
      this.mirrored.set(key, row);
    }
    for (const row of diff.created) this.arrivals.set(keyOf(row), row);
    for (const versions of [diff.replaced, diff.rehashed]) {
      for (const { old, now } of versions) {
        const key = keyOf(now);
        this.arrivals.set(key, now);
        this.mirrored.set(key, old);
      }
    }
    return isSame(diff);
  }

  /** The same for rows that were asked for by key and read **now**: those that are missing are gone, without a second look. */
  compareKeys(keys: readonly RowKey[], answer: ReadRows, mirror: readonly StoredRow[]): void {
    this.compare(answer, mirror);
    const here = new Set(answer.records.map(({ row }) => keyText(streamOf(row), row.id)));
    for (const { stream, id } of keys) {
      const key = keyText(stream, id);
      if (here.has(key)) continue;
      this.arrivals.delete(key);
      if (this.doubtful.delete(key)) this.gone.set(key, { stream, id });
    }
  }

  /**
   * Keys to be read again before anything is concluded: a row that is not where it used to be may have been moved while we
   * read, or may lie outside the scope by now. Rows that turned up elsewhere are not among them.
   */
  toConfirm(): RowKey[] {
    return [...this.doubtful].filter(([key]) => !this.arrivals.has(key) || this.twice.has(key)).map(([, key]) => key);
  }

  /** Takes in what the clinic has of {@link toConfirm} now. */
  confirm(keys: readonly RowKey[], answer: ReadRows): void {
    const now = this.take(answer);
    for (const { stream, id } of keys) {
      const key = keyText(stream, id);
      const row = now.get(key);
      if (row) {
        this.arrivals.set(key, row);
      } else {
        this.arrivals.delete(key);
        this.gone.set(key, { stream, id });
      }
    }
    this.doubtful.clear();
    this.twice.clear();
  }

  /** Leaves these rows as they are in the mirror. */
  leaveAlone(keys: readonly RowKey[]): void {
    for (const { stream, id } of keys) {
      this.arrivals.delete(keyText(stream, id));
      this.gone.delete(keyText(stream, id));
    }
  }

  /**
   * Keys whose rows the mirror has to be asked for before anything is concluded: every one that may have to change, or, where the mirror
   * `isUnchanged` since it was compared, those alone that it seemed not to have.
   */
  keysToAsk(isUnchanged: boolean): RowKey[] {
    const keys: RowKey[] = [];
    for (const [key, { row }] of this.arrivals) {
      if (!isUnchanged || !this.mirrored.has(key)) keys.push({ stream: streamOf(row), id: row.id });
    }
    for (const [key, gone] of this.gone) if (!isUnchanged || !this.mirrored.has(key)) keys.push(gone);
    return keys;
  }

  /** The difference, given what the mirror has of {@link keysToAsk} now. */
  conclude(asked: readonly StoredRow[], isUnchanged: boolean) {
    const mirror = mapRows(asked);
    if (isUnchanged) {
      for (const [key, row] of this.mirrored) if (this.arrivals.has(key) || this.gone.has(key)) mirror.set(key, row);
    }
    return diffRows(mirror, this.arrivals);
  }

  get notices(): Notices {
    return { skipped: [...this.undecodable.values()], unknown: [...this.unknown.values()] };
  }

  private take(answer: ReadRows): Map<string, StoredRow> {
    const taken = new Map<string, StoredRow>();
    for (const record of answer.records) {
      const row = stored(record);
      const key = keyOf(row);
      const other = taken.get(key);
      if (other && other.fingerprint !== row.fingerprint) {
        this.twice.add(key);
        this.doubtful.set(key, { stream: streamOf(row.row), id: row.row.id });
      }
      taken.set(key, row);
    }
    for (const status of answer.unknown ?? []) this.unknown.set(JSON.stringify(status), status);
    for (const skipped of answer.skipped) this.undecodable.set(keyText(skipped.key.stream, skipped.key.id), skipped);
    this.read += answer.records.length;
    return taken;
  }
}
