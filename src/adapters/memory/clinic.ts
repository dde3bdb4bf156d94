import { hash } from 'node:crypto';

import type { BookingDetails } from '../../domain/booking.js';
import type { Instant } from '../../domain/instant.js';
import { keyText, streamOf, type ClinicRecord, type ClinicRow, type RowKey, type Stream } from '../../domain/row.js';
import { rowHash } from '../../domain/digest.js';

/** A row of a {@link MemoryClinic}; `undecodable` makes it one that the adapter must skip. */
export interface MemoryRow extends ClinicRow {
  readonly undecodable?: { readonly field: string; readonly rule: string };
  /** Of a row that was booked through the adapter; not mapped. */
  readonly token?: string;
  readonly details?: BookingDetails;
}

export interface MemoryRecord extends ClinicRecord {
  readonly row: MemoryRow;
}

/** What one transaction does; all of it becomes visible at once. */
export interface MemoryTransaction {
  readonly puts?: readonly MemoryRow[];
  readonly removes?: readonly RowKey[];
}

/** A clinic's database in memory: for tests, demonstrations, and hosts that want to try the SDK without a database. */
export class MemoryClinic {
  private rows = new Map<string, MemoryRecord>();
  private readonly listeners = new Set<(keys: readonly RowKey[]) => void>();
  private commits = 0;
  private topId = 0;
  /** What `all` answers until the next change. */
  private present: ReadonlyMap<string, MemoryRecord> | null = null;
  private announced = false;
  private name: string;
  /** Who holds which session lock. */
  readonly locks = new Map<string, object>();

  constructor(
    name = 'memory',
    /** The clinic's own clock. */
    private readonly clock: () => Instant = Date.now,
  ) {
    this.name = name;
  }

  /** Counts transactions; never falls, except in a restored backup. */
  get position(): number {
    return this.commits;
  }

  get database(): string {
    return this.name;
  }

  now(): Instant {
    return this.clock();
  }

  put(...rows: MemoryRow[]): void {
    this.commit({ puts: rows });
  }

  remove(...removes: RowKey[]): void {
    this.commit({ removes });
  }

  /** Moves the pulse on ahead of a commit, as an engine does whose counter moves when rows are written. */
  announce(): void {
    this.commits++;
  }

  /** Commits what was announced, without moving the pulse again. */
  commitAnnounced(work: () => void): void {
    this.announced = true;
    work();
    this.announced = false;
  }

  commit({ puts = [], removes = [] }: MemoryTransaction): void {
    this.present = null;
    for (const { stream, id } of removes) this.rows.delete(keyText(stream, id));
    for (const row of puts) this.rows.set(keyText(streamOf(row), row.id), { row, hash: hashOf(row) });
    if (!this.announced) this.commits++;
    const keys = [...removes, ...puts.map((row) => ({ stream: streamOf(row), id: row.id }))];
    for (const listener of this.listeners) listener(keys);
  }

  get(stream: Stream, id: string): MemoryRecord | undefined {
    return this.rows.get(keyText(stream, id));
  }

  /** An id above every whole number that was ever one here. */
  nextId(): string {
    for (const { row } of this.rows.values()) {
      const id = Number(row.id);
      if (Number.isSafeInteger(id)) this.topId = Math.max(this.topId, id);
    }
    return String(++this.topId);
  }

  /** The committed rows of this moment. The answer does not change with later commits. */
  all(): ReadonlyMap<string, MemoryRecord> {
    return (this.present ??= new Map(this.rows));
  }

  /** A digest of everything, for comparing two clinics. */
  checksum(): string {
    return hash(
      'sha256',
      [...this.rows.values()]
        .map((row) => row.hash)
        .sort()
        .join(),
    );
  }

  /** Calls back after every commit with what it touched; the answer ends that. */
  onCommit(listener: (keys: readonly RowKey[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Puts an earlier state back, as a restored backup does; nobody is told. */
  restore(rows: ReadonlyMap<string, MemoryRecord>, position: number): void {
    this.rows = new Map(rows);
    this.present = null;
    this.commits = position;
  }

  /** From now on another database answers here. */
  replaceBy(name: string): void {
    this.name = name;
  }
}

function hashOf(row: MemoryRow): string {
  const { kind, id, practitionerIds, locationId, start, end, zone, slotMs, capacity = 1, undecodable } = row;
  const slot = slotMs === null ? null : String(slotMs);
  return rowHash([
    kind,
    id,
    // Quoted, so that two names are not one that holds the separator.
    JSON.stringify(practitionerIds),
    locationId,
    String(start),
    String(end),
    zone,
    slot,
    String(capacity),
    undecodable?.rule ?? null,
  ]);
}
