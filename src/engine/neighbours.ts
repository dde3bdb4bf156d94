import type { Result } from 'neverthrow';

import { BusyTimes, collide, type BusyTime } from '../domain/busy-times.js';
import type { MirrorError } from '../domain/errors.js';
import { EVERYONE, streamOf, type StoredRow } from '../domain/row.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { keyOf, type RowDiff } from './diff.js';

interface Arrival extends BusyTime {
  readonly stored: StoredRow;
}

/** Who takes whose time once a change is in the mirror. */
export class Neighbours {
  /** Busy rows that the mirror has after the change and had not before. */
  readonly arrived: readonly StoredRow[];
  private readonly places: ReadonlyMap<StoredRow, number>;
  private readonly times: BusyTimes<Arrival>;
  /** Of versions that the mirror has before the change only, or already. */
  private readonly old: ReadonlySet<string>;

  constructor(
    private readonly mirror: ClinicMirror,
    { created, replaced, deleted }: RowDiff,
  ) {
    const now = [...created, ...replaced.map((versions) => versions.now)];
    this.arrived = now.filter(({ row }) => streamOf(row) === 'busy');
    this.places = new Map(this.arrived.map((row, i) => [row, i]));
    this.times = new BusyTimes(this.arrived.map((stored) => ({ ...stored.row, stored })));
    this.old = new Set([...deleted, ...replaced.map((versions) => versions.old), ...this.arrived].map(keyOf));
  }

  /** The rows beside this one that take some of its time. */
  async of({ row }: StoredRow): Promise<Result<StoredRow[], MirrorError>> {
    const { practitionerIds, start, end, id } = row;
    const everybody = practitionerIds.includes(EVERYONE);
    const query = { stream: 'busy' as const, startsBefore: end, endsAfter: start };
    const around = await askMirror(() =>
      this.mirror.rows(everybody ? query : { ...query, practitionerIds: [...practitionerIds, EVERYONE] }),
    );
    return around.map((rows) => [
      ...rows.filter((stored) => stored.row.id !== id && !this.old.has(keyOf(stored)) && collide(stored.row, row)),
      ...this.times.collidingWith(row).flatMap(({ stored }) => (stored.row.id === id ? [] : [stored])),
    ]);
  }

  /** Whether the second of a pair was there before the first one, or comes before it among those that have arrived. */
  isFirst(row: StoredRow, other: StoredRow): boolean {
    return (this.places.get(other) ?? -1) < (this.places.get(row) ?? -1);
  }
}
