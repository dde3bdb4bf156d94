import type { Instant } from './instant.js';
import { concernsPractitioner, keyText, streamOf, type ClinicRow, type RowKey, type Stream } from './row.js';

/** A stretch of the future in one stream, by the rows' **start**: `from` inclusive, `to` exclusive, `null` without a bound. */
export interface ScopeRange {
  readonly stream: Stream;
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Only rows of this practitioner, everybody's included; absent for all. */
  readonly practitionerId?: string;
}

/** The part of the clinic's future that is to be compared. A scope carries no truth, only where to look. */
export interface Scope {
  /** Everything; the other fields are then empty. */
  readonly all: boolean;
  readonly ranges: readonly ScopeRange[];
  readonly keys: readonly RowKey[];
}

export const WHOLE_FUTURE: Scope = { all: true, ranges: [], keys: [] };

/** Beyond this many parts a merged scope is everything: comparing digests of it all is cheaper then. */
export const MAX_SCOPE_PARTS = 256;

export function scopeOfKeys(keys: readonly RowKey[]): Scope {
  return { all: false, ranges: [], keys };
}

export function scopeOfRanges(ranges: readonly ScopeRange[]): Scope {
  return { all: false, ranges, keys: [] };
}

/** The union of both. */
export function mergeScopes(a: Scope, b: Scope): Scope {
  if (a.all || b.all) return WHOLE_FUTURE;
  const keys = new Map([...a.keys, ...b.keys].map((key) => [keyText(key.stream, key.id), key]));
  const ranges = new Map([...a.ranges, ...b.ranges].map((range) => [JSON.stringify(range), range]));
  if (keys.size + ranges.size > MAX_SCOPE_PARTS) return WHOLE_FUTURE;
  return { all: false, ranges: [...ranges.values()], keys: [...keys.values()] };
}

export function inRange(row: ClinicRow, range: ScopeRange): boolean {
  return (
    streamOf(row) === range.stream &&
    (range.from === null || row.start >= range.from) &&
    (range.to === null || row.start < range.to) &&
    (range.practitionerId === undefined || concernsPractitioner(row, range.practitionerId))
  );
}

export function isEmptyScope(scope: Scope): boolean {
  return !scope.all && scope.ranges.length === 0 && scope.keys.length === 0;
}
