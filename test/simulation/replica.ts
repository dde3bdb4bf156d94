import { parseCursor } from '../../src/domain/cursor.js';
import { isRowEvent, type ClinicEvent } from '../../src/domain/events.js';
import { keyText, streamOf, type StoredRow } from '../../src/domain/row.js';
import { identityOf } from './history.js';

/**
 * The host's own durable copy, kept by nothing but events: it breaks (and says so) as soon as one is missed, seen twice, out of
 * order or untrue. Survives crashes of the process, as a backend's database would.
 */
export class Replica {
  cursor: string | null = null;
  /** By key. */
  readonly rows = new Map<string, { fingerprint: string; identity: string; end: number }>();

  constructor(private readonly violate: (promise: string, text: string) => void) {}

  takeSnapshot(rows: readonly StoredRow[], cursor: string): void {
    this.rows.clear();
    for (const { row, fingerprint } of rows) {
      this.rows.set(keyText(streamOf(row), row.id), { fingerprint, identity: identityOf(row), end: row.end });
    }
    this.cursor = cursor;
  }

  /** Answers whether a snapshot has to be taken. */
  take(event: ClinicEvent): boolean {
    const seq = parseCursor(event.cursor)?.seq ?? Number.NaN;
    const before = this.cursor === null ? seq - 1 : (parseCursor(this.cursor)?.seq ?? Number.NaN);
    if (seq !== before + 1) this.violate('S3', `event ${String(seq)} after ${String(before)}`);
    this.cursor = event.cursor;
    if (event.type === 'snapshot.replaced') return true;
    if (event.type === 'window.advanced') {
      for (const [key, { end }] of this.rows) if (end <= event.cutoff) this.rows.delete(key);
    }
    if (isRowEvent(event)) this.takeRow(event);
    return false;
  }

  private takeRow(event: Extract<ClinicEvent, { row: unknown }>): void {
    const key = keyText(streamOf(event.row), event.row.id);
    const has = this.rows.get(key);
    if (event.type.endsWith('.created')) {
      if (has) this.violate('S2', `${key} created though there`);
      this.rows.set(key, { fingerprint: event.fingerprint, identity: identityOf(event.row), end: event.row.end });
    } else {
      if (has?.fingerprint !== event.fingerprint) this.violate('S2', `${key} deleted in a version that was not told`);
      this.rows.delete(key);
    }
  }
}
