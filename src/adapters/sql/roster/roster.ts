import type { QueryExecutorProvider } from 'kysely';

import { addHash, EMPTY_DIGEST, rowHash, type Digest } from '../../../domain/digest.js';
import type { Instant } from '../../../domain/instant.js';
import { practitionerSet, type ClinicRow } from '../../../domain/row.js';
import { inRange, type ScopeRange } from '../../../domain/scope.js';
import { localDay } from '../../../domain/zone.js';
import type { ColumnFinder } from '../check.js';
import type { Decoded } from '../decode.js';
import type { SqlEngine } from '../engine.js';
import type { ResolvedSchema } from '../schema/resolve.js';
import { ROSTER_DAYS } from '../schema/resolve-sessions.js';
import { bucketOf } from '../time/axis.js';

/**
 * Sessions that are laid out from rules instead of being rows of a table. The rules are few, so each read reads all of them and
 * computes here what a table's digests are computed from in the database.
 */
export interface Roster {
  readonly label: string;
  /** The tables that it reads: a change of them is a change of the roster. */
  readonly tables: readonly RosterTable[];
  /** All sessions that end after the cutoff and begin within the roster's days of it. */
  read(db: QueryExecutorProvider, cutoff: Instant, signal: AbortSignal): Promise<readonly Decoded[]>;
}

export interface RosterTable {
  readonly label: string;
  readonly path: readonly string[];
}

/** What the forms of rosters are bound with. */
export interface RosterContext {
  readonly engine: SqlEngine;
  readonly open: (label: string, path: readonly string[]) => Promise<ColumnFinder>;
  readonly outward: (id: string) => string;
  /** The zone of a place, and its clock-change rules. */
  readonly zoneOf: (locationId: string | null) => string;
  readonly policy: ResolvedSchema['policy'];
}

/** The local days that are laid out: from the day before the cutoff, whose sessions may go on, to the roster's end. */
export function rosterDays(cutoff: Instant, zone: string): { readonly first: number; readonly last: number } {
  const today = localDay(cutoff, zone);
  return { first: today - 1, last: today + ROSTER_DAYS };
}

/** A laid-out session as every other row is handed over; its hash is of the row itself. */
export function laidOut(
  label: string,
  row: Omit<ClinicRow, 'kind' | 'practitionerIds'> & { readonly practitionerIds: readonly string[] },
): Decoded {
  const whole: ClinicRow = { ...row, kind: 'session', practitionerIds: practitionerSet(row.practitionerIds) };
  return { record: { row: whole, hash: rowHash([label, JSON.stringify(whole)]) } };
}

export function inRosterRange(decoded: readonly Decoded[], range: ScopeRange): readonly Decoded[] {
  return decoded.filter((row) => 'skipped' in row || inRange(row.record.row, range));
}

/** Digests of all rosters, added to those of the tables. Rules that cannot be decoded have no rows, and so no share. */
export function addRosterDigests(
  digests: readonly Digest[],
  edges: readonly Instant[],
  decoded: readonly Decoded[],
): readonly Digest[] {
  const sums = [...digests];
  for (const row of decoded) {
    if ('skipped' in row) continue;
    const bucket = bucketOf(edges, row.record.row.start);
    sums[bucket] = addHash(sums[bucket] ?? EMPTY_DIGEST, row.record.hash);
  }
  return sums;
}

/** A reader that lays out again only when what it is laid out from has changed. */
export function remembering<T>(layOut: (raw: T, cutoff: Instant) => readonly Decoded[]) {
  let last: { readonly key: string; readonly decoded: readonly Decoded[] } | undefined;
  return (raw: T, cutoff: Instant): readonly Decoded[] => {
    const key = JSON.stringify([cutoff, raw]);
    if (last?.key !== key) last = { key, decoded: layOut(raw, cutoff) };
    return last.decoded;
  };
}
