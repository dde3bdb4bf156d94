import { hash } from 'node:crypto';

import type { Incarnation } from '../../domain/cursor.js';
import type { EventBody } from '../../domain/events.js';
import { keyText, streamOf, type RowKey, type StoredRow, type Stream } from '../../domain/row.js';
import { NO_FACTS, type LoggedEvent, type MirrorCommit, type MirrorFacts, type RowQuery } from '../mirror.js';
import { SortedRows } from './sorted-rows.js';

/** An event as text, with a checksum that shows damage. */
export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly text: string;
  readonly sum: string;
}

export function checksum(text: string): string {
  return hash('sha1', text).slice(0, 12);
}

/** One clinic's share of a {@link MemoryDisk}. Plain state and how to change it; who may is decided elsewhere. */
export class Shelf {
  facts: MirrorFacts = NO_FACTS;
  epoch = 0;
  lineage: Incarnation[] = [];
  head = 0;
  log: LogEntry[] = [];
  /** Set while the clinic is open; a process that dies leaves it to {@link MemoryDisk.crash}. */
  owner: object | null = null;
  readonly rows = new Map<string, StoredRow>();
  /** By idempotency key, in the order in which they were recorded; as text, which nobody changes from outside. */
  readonly intents = new Map<string, string>();
  private readonly byStream: Record<Stream, SortedRows> = { busy: new SortedRows(), session: new SortedRows() };
  private readonly byPractitioner: Record<Stream, Map<string, SortedRows>> = { busy: new Map(), session: new Map() };

  put(row: StoredRow): void {
    const stream = streamOf(row.row);
    this.remove({ stream, id: row.row.id });
    this.rows.set(keyText(stream, row.row.id), row);
    this.byStream[stream].add(row);
    for (const id of row.row.practitionerIds) {
      const rows = this.byPractitioner[stream].get(id) ?? new SortedRows();
      this.byPractitioner[stream].set(id, rows);
      rows.add(row);
    }
  }

  remove({ stream, id }: RowKey): void {
    const key = keyText(stream, id);
    const row = this.rows.get(key);
    if (!row) return;
    this.rows.delete(key);
    this.byStream[stream].remove(row);
    for (const practitioner of row.row.practitionerIds) {
      const rows = this.byPractitioner[stream].get(practitioner);
      rows?.remove(row);
      if (rows?.size === 0) this.byPractitioner[stream].delete(practitioner);
    }
  }

  find({ stream, startsFrom, startsBefore, endsAfter, practitionerIds }: RowQuery): StoredRow[] {
    const span = [startsFrom ?? -Infinity, startsBefore ?? Infinity, endsAfter ?? -Infinity] as const;
    if (!practitionerIds) return this.byStream[stream].between(...span);
    const found = new Map<string, StoredRow>();
    for (const id of practitionerIds) {
      for (const row of this.byPractitioner[stream].get(id)?.between(...span) ?? []) found.set(row.row.id, row);
    }
    const rows = [...found.values()];
    return practitionerIds.length === 1
      ? rows
      : rows.sort((a, b) => a.row.start - b.row.start || (a.row.id < b.row.id ? -1 : 1));
  }

  practitioners(): string[] {
    return [...new Set([...this.byPractitioner.busy.keys(), ...this.byPractitioner.session.keys()])].sort();
  }

  apply(commit: MirrorCommit): LoggedEvent[] {
    for (const key of commit.removes) this.remove(key);
    for (const row of commit.puts) this.put(row);
    const { pruneEndedBy } = commit;
    if (pruneEndedBy !== undefined) {
      for (const { row } of [...this.rows.values()]) {
        if (row.end <= pruneEndedBy) this.remove({ stream: streamOf(row), id: row.id });
      }
    }
    this.facts = { ...this.facts, ...commit.facts };
    for (const intent of commit.intents ?? []) this.intents.set(intent.key, JSON.stringify(intent));
    return commit.events.map((body) => this.append(body));
  }

  clearRows(): void {
    for (const { row } of [...this.rows.values()]) this.remove({ stream: streamOf(row), id: row.id });
  }

  private append(body: EventBody): LoggedEvent {
    const text = JSON.stringify(body);
    const seq = ++this.head;
    this.log.push({ seq, at: body.at, text, sum: checksum(text) });
    return { seq, body };
  }
}
