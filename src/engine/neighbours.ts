import { ok, type Result } from 'neverthrow';

import { BusyTimes, collide, type BusyTime } from '../domain/busy-times.js';
import type { MirrorError } from '../domain/errors.js';
import { EVERYONE, streamOf, type ClinicRow, type StoredRow } from '../domain/row.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { keyOf, type RowDiff } from './diff.js';

interface Arrival extends BusyTime {
  readonly stored: StoredRow;
}

/** From so many arrivals on, the mirror's rows around all of them are read at once … */
const MANY = 500;
/** … where these are so many times the arrivals at most. */
const AROUND = 4;
/** Arrivals to a slice of that. */
const SLICE = 1_000;

/** Who takes whose time once a change is in the mirror. */
export class Neighbours {
  /** Busy rows that the mirror has after the change and had not before. */
  readonly arrived: readonly StoredRow[];
  private readonly places: ReadonlyMap<StoredRow, number>;
  private readonly times: BusyTimes<Arrival>;
  /** Of versions that the mirror has before the change only, or already. */
  private readonly old: ReadonlySet<string>;
  /** The mirror's rows that stay, where they were read at once. */
  private staying: BusyTimes<Arrival> | undefined;

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

  /** Reads the mirror once for all arrivals, where that is less than once for each. */
  async prepare(): Promise<Result<void, MirrorError>> {
    if (this.arrived.length < MANY) return ok();
    const all = await askMirror(() => this.mirror.countRows());
    if (all.isErr() || all.value > AROUND * this.arrived.length) return all.map(() => undefined);
    const starts = this.arrived.map(({ row }) => row.start).sort((a, b) => a - b);
    const endsAfter = starts[0] ?? 0;
    const last = this.arrived.reduce((latest, { row }) => Math.max(latest, row.end), endsAfter);
    const staying: Arrival[] = [];
    // Slice by slice, because most of what is read is let go of again.
    for (let i = 0; i < starts.length; i += SLICE) {
      const slice = { ...(i > 0 && { startsFrom: starts[i] }), startsBefore: starts[i + SLICE] ?? last };
      const rows = await askMirror(() => this.mirror.rows({ stream: 'busy', endsAfter, ...slice }));
      if (rows.isErr()) return rows.map(() => undefined);
      for (const stored of rows.value) if (!this.old.has(keyOf(stored))) staying.push({ ...stored.row, stored });
    }
    this.staying = new BusyTimes(staying);
    return ok();
  }

  /** The rows beside this one that take some of its time. */
  async of(arrival: StoredRow): Promise<Result<StoredRow[], MirrorError>> {
    const { row } = arrival;
    const staying = this.staying ? ok(collidingIn(this.staying, row)) : await this.inMirror(row);
    return staying.map((rows) => [...rows, ...collidingIn(this.times, row)]);
  }

  /** Whether the second of a pair was there before the first one, or comes before it among those that have arrived. */
  isFirst(row: StoredRow, other: StoredRow): boolean {
    return (this.places.get(other) ?? -1) < (this.places.get(row) ?? -1);
  }

  private async inMirror(row: ClinicRow): Promise<Result<StoredRow[], MirrorError>> {
    const { practitionerIds, start, end, id } = row;
    const everybody = practitionerIds.includes(EVERYONE);
    const query = { stream: 'busy' as const, startsBefore: end, endsAfter: start };
    const around = await askMirror(() =>
      this.mirror.rows(everybody ? query : { ...query, practitionerIds: [...practitionerIds, EVERYONE] }),
    );
    return around.map((rows) =>
      rows.filter((stored) => stored.row.id !== id && !this.old.has(keyOf(stored)) && collide(stored.row, row)),
    );
  }
}

function collidingIn(times: BusyTimes<Arrival>, row: ClinicRow): StoredRow[] {
  return times.collidingWith(row).flatMap(({ stored }) => (stored.row.id === row.id ? [] : [stored]));
}
