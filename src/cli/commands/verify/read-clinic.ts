import type { Result } from 'neverthrow';

import {
  fingerprintOf,
  MAX_KEYS_PER_READ,
  type ClinicAdapter,
  type ClinicIdentity,
  type ClinicLink,
  type ClinicReader,
  type ClinicSyncError,
  type ReadRows,
  type Stream,
} from '../../../index.js';
import { stopWith } from '../../failure.js';
import { compare, nameOf, type Difference, type Side, type Version } from './compare.js';

export interface ClinicSide {
  readonly identity: ClinicIdentity;
  readonly differences: readonly Difference[];
  readonly rows: number;
  /** Rows that cannot be read as mapped; they stand in no copy. */
  readonly skipped: number;
}

export interface Comparison {
  readonly adapter: ClinicAdapter;
  readonly clinicId: string;
  readonly cutoff: number;
  readonly mirror: Side;
  readonly signal: AbortSignal;
  onProgress(rows: number): void;
}

const WEEK_MS = 7 * 86_400_000;
/** So many weeks ahead are read one by one, and the rest, in which little lies, at once. */
const WEEKS = 26;
const READ_TIMEOUT_MS = 60_000;

/** Reads the clinic's whole future, of one moment where that can be had, and says what differs. Throws `Stop`. */
export async function compareWithClinic(comparison: Comparison): Promise<ClinicSide> {
  const { adapter, clinicId, signal } = comparison;
  const link = must(await adapter.connect({ clinicId, signal }));
  try {
    const snapshot = link.openSnapshot && must(await link.openSnapshot(signal));
    try {
      return await compareThrough(snapshot ?? link, link, comparison);
    } finally {
      await snapshot?.close();
    }
  } finally {
    await link.close();
  }
}

async function compareThrough(
  reader: ClinicReader,
  link: ClinicLink,
  { adapter, cutoff, mirror, signal, onProgress }: Comparison,
): Promise<ClinicSide> {
  const rows = new Map<string, Version>();
  let skipped = 0;
  for (const stream of streamsOf(adapter))
    for (const { from, to } of pieces(cutoff)) {
      const read = reader.readRange({ range: { stream, from, to }, cutoff, signal: within(signal) });
      skipped += put(rows, must(await read), stream).skipped;
      onProgress(rows.size);
    }
  const found = compare(rows, mirror);
  // Read in pieces without a snapshot, a row that moves meanwhile is met twice or not at all.
  const differences = reader === link ? await lookAgain(link, found, rows, { cutoff, mirror, signal }) : found;
  return { identity: link.identity, differences, rows: rows.size, skipped };
}

async function lookAgain(
  link: ClinicLink,
  found: readonly Difference[],
  rows: Map<string, Version>,
  { cutoff, mirror, signal }: Pick<Comparison, 'cutoff' | 'mirror' | 'signal'>,
): Promise<readonly Difference[]> {
  if (!link.readKeys) return found;
  for (const stream of ['busy', 'session'] as const) {
    const ids = found.filter((each) => each.stream === stream).map(({ id }) => id);
    for (let at = 0; at < ids.length; at += MAX_KEYS_PER_READ) {
      const asked = ids.slice(at, at + MAX_KEYS_PER_READ);
      for (const id of asked) rows.delete(nameOf({ stream, id }));
      put(rows, must(await link.readKeys({ stream, ids: asked, cutoff, signal: within(signal) })), stream);
    }
  }
  return compare(rows, mirror);
}

function put(rows: Map<string, Version>, { records, skipped }: ReadRows, stream: Stream): { readonly skipped: number } {
  for (const { row } of records) rows.set(nameOf({ stream, id: row.id }), { row, fingerprint: fingerprintOf(row) });
  return { skipped: skipped.length };
}

function streamsOf({ hasSessions }: ClinicAdapter): readonly Stream[] {
  return hasSessions ? ['busy', 'session'] : ['busy'];
}

function* pieces(cutoff: number): Generator<{ from: number | null; to: number | null }> {
  let from: number | null = null;
  for (let week = 1; week <= WEEKS; week++) {
    const to = cutoff + week * WEEK_MS;
    yield { from, to };
    from = to;
  }
  yield { from, to: null };
}

function within(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
}

function must<T>(answer: Result<T, ClinicSyncError>): T {
  if (answer.isErr()) throw stopWith(answer.error);
  return answer.value;
}
