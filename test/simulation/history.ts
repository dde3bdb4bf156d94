import { keyText, streamOf, type ClinicRow } from '../../src/domain/row.js';
import type { MemoryClinic, MemoryRecord } from '../../src/adapters/memory/index.js';

/** What makes a version of a row: every mapped field. Worked out here, not by the engine that is being checked. */
export function identityOf(row: ClinicRow): string {
  const known = identities.get(row);
  if (known !== undefined) return known;
  const { kind, practitionerIds, locationId, start, end, zone, slotMs } = row;
  const identity = [kind, practitionerIds.join('+'), locationId ?? '-', start, end, zone, slotMs ?? '-'].join('|');
  identities.set(row, identity);
  return identity;
}

/** Rows are never changed once made, and looked at thousands of times. */
const identities = new WeakMap<ClinicRow, string>();

export interface Version {
  readonly key: string;
  readonly identity: string;
  readonly row: ClinicRow;
  readonly from: number;
  /** `null` while it is visible. */
  to: number | null;
}

/** Everything that was ever visible at the clinic, and when: the truth that the checkers hold the engine to. */
export class History {
  private readonly versions = new Map<string, Version[]>();
  private visible: ReadonlyMap<string, MemoryRecord> = new Map();

  constructor(
    private readonly clinic: MemoryClinic,
    private readonly now: () => number,
  ) {
    clinic.onCommit(() => {
      this.observe();
    });
  }

  /** Notes what became visible and what vanished; called after every commit and restore. */
  observe(): void {
    const at = this.now();
    const before = this.visible;
    const after = this.clinic.all();
    for (const [key, record] of before) if (after.get(key) !== record) this.end(key, at);
    for (const [key, record] of after) if (before.get(key) !== record) this.begin(key, record, at);
    this.visible = after;
  }

  /** The rows that an exact copy holds now. */
  truth(cutoff: number): Map<string, ClinicRow> {
    const rows = [...this.visible].filter(([, { row }]) => !row.undecodable && row.end > cutoff);
    return new Map(rows.map(([key, { row }]) => [key, row]));
  }

  /** The stretches in which this very version was visible. */
  of(row: ClinicRow): Version[] {
    const identity = identityOf(row);
    const key = keyText(streamOf(row), row.id);
    return (this.versions.get(key) ?? []).filter((version) => version.identity === identity);
  }

  /** The version that this key was last seen in. */
  latest(key: string): Version | undefined {
    return this.versions.get(key)?.at(-1);
  }

  /** Whether the row came to be as it is by a change in place. */
  wasEdited(row: ClinicRow): boolean {
    const versions = this.versions.get(keyText(streamOf(row), row.id)) ?? [];
    return versions.some(({ from }, i) => i > 0 && versions[i - 1]?.to === from);
  }

  wasVisible(row: ClinicRow, from: number, to: number): boolean {
    return this.of(row).some((version) => version.from <= to && (version.to ?? Infinity) >= from);
  }

  /** Whether there was a moment within the stretch at which no decodable row of the future had this key. */
  wasAbsent(key: string, cutoff: number, from: number, to: number): boolean {
    let presentFrom = Number.POSITIVE_INFINITY;
    let presentTo = Number.NEGATIVE_INFINITY;
    for (const version of this.versions.get(key) ?? []) {
      if (version.row.end <= cutoff) continue;
      if (version.from > presentTo) presentFrom = version.from;
      presentTo = version.to ?? Number.POSITIVE_INFINITY;
      if (presentFrom <= from && presentTo >= to) return false;
    }
    return true;
  }

  private begin(key: string, { row }: MemoryRecord, at: number): void {
    if (row.undecodable) return;
    const list = this.versions.get(key) ?? [];
    const identity = identityOf(row);
    const last = list.at(-1);
    // The same version put again in the same transaction: never gone.
    if (last?.to === at && last.identity === identity) last.to = null;
    else list.push({ key, identity, row, from: at, to: null });
    this.versions.set(key, list);
  }

  private end(key: string, at: number): void {
    const last = this.versions.get(key)?.at(-1);
    if (last?.to === null) last.to = at;
  }
}
