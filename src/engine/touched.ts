import { keyText, type RowKey } from '../domain/row.js';

/**
 * Rows that our own bookings and deletions wrote through to the mirror. A reconcile that began reading before may have read
 * them as they were, so it leaves them alone and looks at them again.
 */
export class Touched {
  private count = 0;
  private readonly keys = new Map<string, { key: RowKey; mark: number }>();
  private readonly readers = new Set<number>();

  /** Rises when a reconcile commits, and when it ends. What was read before it rose may be older than what is committed. */
  finished = 0;

  /** A reconcile begins to read. Give the mark to {@link since} and {@link done}. */
  begin(): number {
    const mark = ++this.count;
    this.readers.add(mark);
    return mark;
  }

  /** A row was written through. */
  add(key: RowKey): void {
    if (this.readers.size > 0) this.keys.set(keyText(key.stream, key.id), { key, mark: ++this.count });
  }

  /** The rows written through since the mark. */
  since(mark: number): RowKey[] {
    return [...this.keys.values()].filter((touched) => touched.mark > mark).map(({ key }) => key);
  }

  /** A reconcile has just committed. Told before anything else may commit, because that is what asks. */
  committed(): void {
    this.finished++;
  }

  done(mark: number): void {
    this.finished++;
    this.readers.delete(mark);
    if (this.readers.size === 0) this.keys.clear();
  }
}
