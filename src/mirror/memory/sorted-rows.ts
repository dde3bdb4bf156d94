import type { Instant } from '../../domain/instant.js';
import type { StoredRow } from '../../domain/row.js';

/** Rows in order of start, then id, found by when they are without looking at all of them. */
export class SortedRows {
  private readonly rows: StoredRow[] = [];
  /** Longest duration ever held, so that a row that began long before a span is still found. */
  private longest = 0;

  add(row: StoredRow): void {
    this.rows.splice(this.position(row), 0, row);
    this.longest = Math.max(this.longest, row.row.end - row.row.start);
  }

  remove(row: StoredRow): void {
    const at = this.position(row);
    if (this.rows[at]?.row.id === row.row.id) this.rows.splice(at, 1);
  }

  get size(): number {
    return this.rows.length;
  }

  /** Those that start within [from, before) and end after `endsAfter`. */
  between(from: Instant, before: Instant, endsAfter: Instant): StoredRow[] {
    const found: StoredRow[] = [];
    const earliest = Math.max(from, endsAfter - this.longest);
    for (let at = this.firstFrom(earliest); at < this.rows.length; at++) {
      const row = this.rows[at];
      if (!row || row.row.start >= before) break;
      if (row.row.end > endsAfter) found.push(row);
    }
    return found;
  }

  private firstFrom(start: Instant): number {
    return this.search((row) => row.row.start >= start);
  }

  private position({ row: { start, id } }: StoredRow): number {
    return this.search((other) => other.row.start > start || (other.row.start === start && other.row.id >= id));
  }

  private search(isAtOrAfter: (row: StoredRow) => boolean): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.rows[middle];
      if (row && !isAtOrAfter(row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
