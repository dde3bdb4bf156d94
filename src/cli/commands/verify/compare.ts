import type { ClinicRow, RowKey, StoredRow, Stream } from '../../../index.js';

/** One version of a row. */
export interface Version {
  readonly row: ClinicRow;
  readonly fingerprint: string;
}

/** A row that the two sides do not have alike. */
export interface Difference {
  readonly stream: Stream;
  readonly id: string;
  /** Who has it; `both`: in different versions. */
  readonly side: 'clinic' | 'mirror' | 'both';
  readonly clinic?: Version;
  readonly mirror?: Version;
}

/** Rows of one side, by {@link nameOf} their keys. */
export type Side = ReadonlyMap<string, Version>;

export function nameOf({ stream, id }: RowKey): string {
  return `${stream}:${id}`;
}

export function keyNamed(name: string): RowKey {
  const at = name.indexOf(':');
  return { stream: name.startsWith('session:') ? 'session' : 'busy', id: name.slice(at + 1) };
}

export function versionOf({ row, fingerprint }: StoredRow): Version {
  return { row, fingerprint };
}

/** In order of start, then id. */
export function compare(clinic: Side, mirror: Side): Difference[] {
  const differences: Difference[] = [];
  for (const name of new Set([...clinic.keys(), ...mirror.keys()])) {
    const [theirs, ours] = [clinic.get(name), mirror.get(name)];
    if (theirs?.fingerprint === ours?.fingerprint) continue;
    differences.push({
      ...keyNamed(name),
      side: !ours ? 'clinic' : !theirs ? 'mirror' : 'both',
      ...(theirs && { clinic: theirs }),
      ...(ours && { mirror: ours }),
    });
  }
  return differences.sort((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1));
}

function startOf({ clinic, mirror }: Difference): number {
  return (clinic ?? mirror)?.row.start ?? 0;
}
