/**
 * A consumer of the event log, as a host would write one: a replica built by nothing but a snapshot and events, kept in a small
 * file together with the cursor of the last event it has taken in. Whatever ends its process, it goes on from there.
 */
import { DatabaseSync } from 'node:sqlite';

import type { Subscription } from 'rxjs';

import {
  isRowEvent,
  streamOf,
  type ClinicEvent,
  type ClinicRow,
  type ClinicSync,
  type Cursor,
} from '../../src/index.js';

const TABLES = `
  pragma journal_mode = wal;
  create table if not exists replica (key text primary key, ends integer not null, row text not null) without rowid;
  create table if not exists told (cursor text not null, event text not null);
  create table if not exists place (one integer primary key check (one = 1), cursor text not null);
`;
const keyOf = (row: ClinicRow) => `${streamOf(row)}:${row.id}`;

export class Consumer {
  private readonly db: DatabaseSync;
  private following: Subscription | undefined;

  constructor(
    path: string,
    private readonly sync: ClinicSync,
  ) {
    this.db = new DatabaseSync(path);
    this.db.exec(TABLES);
  }

  /** The place it had stored; `null` before its first snapshot. */
  get cursor(): Cursor | null {
    const place = this.db.prepare('select cursor from place').get();
    return place ? String(place['cursor']) : null;
  }

  /** Goes on from the stored place, or begins with a snapshot. */
  async follow(): Promise<void> {
    const after = this.cursor ?? (await this.takeSnapshot());
    this.following = this.sync.events({ after }).subscribe({
      next: (event) => {
        this.takeIn(event);
        if (event.type === 'snapshot.replaced') void this.startOver();
      },
      // The place is lost: the log was rolled back, or is no longer kept.
      error: () => void this.startOver(),
    });
  }

  private async startOver(): Promise<void> {
    this.following?.unsubscribe();
    await this.takeSnapshot();
    await this.follow();
  }

  private async takeSnapshot(): Promise<Cursor> {
    const snapshot = await this.sync.snapshot();
    if (snapshot.isErr()) throw snapshot.error;
    const { rows, cursor } = snapshot.value;
    this.commit(cursor, () => {
      this.db.exec('delete from replica');
      for (const { row } of rows) this.put(row);
    });
    return cursor;
  }

  private takeIn(event: ClinicEvent): void {
    this.commit(event.cursor, () => {
      this.db.prepare('insert into told values (?, ?)').run(event.cursor, JSON.stringify(event));
      if (event.type === 'window.advanced') this.db.prepare('delete from replica where ends <= ?').run(event.cutoff);
      if (!isRowEvent(event)) return;
      if (event.type.endsWith('.created')) this.put(event.row);
      else this.db.prepare('delete from replica where key = ?').run(keyOf(event.row));
    });
  }

  private put(row: ClinicRow): void {
    this.db.prepare('insert into replica values (?, ?, ?)').run(keyOf(row), row.end, JSON.stringify(row));
  }

  /** What an event did and its cursor, both or neither. */
  private commit(cursor: Cursor, work: () => void): void {
    this.db.exec('begin immediate');
    try {
      work();
      this.db.prepare('insert or replace into place values (1, ?)').run(cursor);
      this.db.exec('commit');
    } catch (error) {
      this.db.exec('rollback');
      throw error;
    }
  }
}
