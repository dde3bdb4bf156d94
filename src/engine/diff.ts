import type { Cause, EventBody, RowEvent } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import { keyText, streamOf, type StoredRow } from '../domain/row.js';

/** Rows by {@link keyText}. */
export type RowMap = ReadonlyMap<string, StoredRow>;

/** What makes the mirror's rows equal to the clinic's. */
export interface RowDiff {
  /** At the clinic and not in the mirror. */
  readonly created: readonly StoredRow[];
  /** In the mirror and gone from the clinic. */
  readonly deleted: readonly StoredRow[];
  /** One key, two versions: an edit, or a reused id. */
  readonly replaced: readonly TwoVersions[];
  /** The same version, whose hash at the clinic is another: nothing to tell, but digests need it. */
  readonly rehashed: readonly TwoVersions[];
}

export interface TwoVersions {
  readonly old: StoredRow;
  readonly now: StoredRow;
}

export const NO_DIFF: RowDiff = { created: [], deleted: [], replaced: [], rehashed: [] };

export function keyOf(row: StoredRow): string {
  return keyText(streamOf(row.row), row.row.id);
}

export function mapRows(rows: Iterable<StoredRow>): Map<string, StoredRow> {
  const map = new Map<string, StoredRow>();
  for (const row of rows) map.set(keyOf(row), row);
  return map;
}

/** The difference between what the mirror has of some keys and what the clinic has of them. */
export function diffRows(mirror: RowMap, clinic: RowMap): RowDiff {
  const created: StoredRow[] = [];
  const replaced: TwoVersions[] = [];
  const rehashed: TwoVersions[] = [];
  for (const [key, now] of clinic) {
    const old = mirror.get(key);
    if (!old) created.push(now);
    else if (old.fingerprint !== now.fingerprint) replaced.push({ old, now });
    else if (old.hash !== now.hash) rehashed.push({ old, now });
  }
  const deleted = [...mirror].filter(([key]) => !clinic.has(key)).map(([, row]) => row);
  return { created, deleted, replaced, rehashed };
}

export function isSame(diff: RowDiff): boolean {
  return changeCount(diff) === 0 && diff.rehashed.length === 0;
}

export function changeCount(diff: RowDiff): number {
  return diff.created.length + diff.deleted.length + diff.replaced.length;
}

function created(row: StoredRow): RowEvent {
  const type = streamOf(row.row) === 'busy' ? 'appointment.created' : 'session.created';
  return { type, row: row.row, fingerprint: row.fingerprint };
}

function deleted(row: StoredRow): RowEvent {
  const type = streamOf(row.row) === 'busy' ? 'appointment.deleted' : 'session.deleted';
  return { type, row: row.row, fingerprint: row.fingerprint };
}

const byStart = (a: StoredRow, b: StoredRow) => a.row.start - b.row.start || (keyOf(a) < keyOf(b) ? -1 : 1);

/**
 * The events that tell a difference, each change once: deletions, then each replacement as a deletion directly followed by the
 * creation that it is linked with, then creations; within each, by start.
 */
export function eventsOf(diff: RowDiff, at: Instant, cause: Cause): EventBody[] {
  const identity = (row: StoredRow) => ({ id: row.row.id, fingerprint: row.fingerprint });
  const events: RowEvent[] = [
    ...[...diff.deleted].sort(byStart).map(deleted),
    ...[...diff.replaced]
      .sort((a, b) => byStart(a.now, b.now))
      .flatMap(({ old, now }) => [
        { ...deleted(old), replacedBy: identity(now) } as RowEvent,
        { ...created(now), replaces: identity(old) } as RowEvent,
      ]),
    ...[...diff.created].sort(byStart).map(created),
  ];
  return events.map((event) => ({ ...event, at, cause }));
}
