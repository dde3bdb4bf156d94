import { keyText, type RowKey } from '../domain/row.js';

/**
 * Rows that our own bookings and deletions wrote through to the mirror. A reconcile that began reading before may have read
 * them as they were, so it leaves them alone and looks at them again.
 */
export class Touched {
  private count = 0;
  private readonly keys = new Map<string, { key: RowKey; mark: number }>();
  private readonly readers = new Set<number>();

  /** How many reconciles have ended. What was read before one of them ended may be older than what it committed. */
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

  done(mark: number): void {
    this.finished++;
    this.readers.delete(mark);
    if (this.readers.size === 0) this.keys.clear();
  }
}
