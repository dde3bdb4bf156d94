import { errAsync, okAsync, type ResultAsync } from 'neverthrow';

import { addHash, EMPTY_DIGEST, type Digest } from '../../domain/digest.js';
import { fault, type AdapterError } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import { streamOf, type ClinicRecord, type Stream } from '../../domain/row.js';
import { inRange } from '../../domain/scope.js';
import { SketchSum, type Sketch } from '../../domain/sketch.js';
import type { ClinicReader, DigestRead, KeysRead, RangeRead, ReadRows, SketchIds, SketchRead } from '../adapter.js';
import type { MemoryRecord } from './clinic.js';

export interface ReaderCapabilities {
  readonly readKeys: boolean;
  readonly digest: boolean;
  /** Where digests are read, and all ids are small whole numbers. */
  readonly sketch: boolean;
}

type Rows = () => ReadonlyMap<string, MemoryRecord>;

/** Answers unless the signal has fired or what is asked was closed. */
export function unlessOver<T>(
  signal: AbortSignal,
  isClosed: () => boolean,
  work: () => T,
): ResultAsync<T, AdapterError> {
  if (signal.aborted) return errAsync(fault('Aborted'));
  return isClosed() ? errAsync(fault('ClinicUnreachable')) : okAsync(work());
}

/** The reading half of a link or snapshot over whatever `rows` gives at the moment of the call. */
export function memoryReader(
  rows: Rows,
  { readKeys, digest, sketch }: ReaderCapabilities,
  isClosed: () => boolean,
): ClinicReader {
  return {
    readRange: ({ range, cutoff, signal }: RangeRead) =>
      unlessOver(signal, isClosed, () =>
        split(select(rows, range.stream, cutoff).filter(({ row }) => inRange(row, range))),
      ),
    ...(readKeys && {
      readKeys: ({ stream, ids, cutoff, signal }: KeysRead) => {
        const wanted = new Set(ids);
        return unlessOver(signal, isClosed, () =>
          split(select(rows, stream, cutoff).filter(({ row }) => wanted.has(row.id))),
        );
      },
    }),
    ...(digest && { digest: (read: DigestRead) => unlessOver(read.signal, isClosed, () => digests(rows, read)) }),
    ...(digest &&
      sketch && {
        sketch: (read: SketchRead) =>
          unlessOver(read.signal, isClosed, () => ({ digests: digests(rows, read), sketch: sketchOf(rows, read) })),
      }),
  };
}

function select(rows: Rows, stream: Stream, cutoff: Instant): MemoryRecord[] {
  return [...rows().values()].filter(({ row }) => streamOf(row) === stream && row.end > cutoff);
}

/** Only what a row consists of: whatever else a caller keeps in its objects is no column that is read. */
export function project({ row, hash }: MemoryRecord): ClinicRecord {
  const { id, kind, practitionerIds, locationId, start, end, zone, slotMs, capacity } = row;
  const mapped = { id, kind, practitionerIds, locationId, start, end, zone, slotMs };
  return { row: { ...mapped, ...(capacity !== undefined && { capacity }) }, hash };
}

export function split(found: readonly MemoryRecord[]): ReadRows {
  return {
    records: found.filter(({ row }) => !row.undecodable).map(project),
    skipped: found.flatMap(({ row }) => {
      return row.undecodable ? [{ key: { stream: streamOf(row), id: row.id }, ...row.undecodable }] : [];
    }),
  };
}

/** Whole numbers, also behind the prefix that other adapters put before a blockout's. */
export const MEMORY_SKETCH_IDS: SketchIds = {
  words: 2,
  wordsOf: (id) => {
    const [, prefix, digits] = /^(blockout:)?(0|[1-9]\d{0,8})$/.exec(id) ?? [];
    return digits === undefined ? undefined : [prefix === undefined ? 0 : 1, Number(digits)];
  },
  idOf: ([prefix, number]) => `${prefix === 1 ? 'blockout:' : ''}${String(number)}`,
};

function sketchOf(rows: Rows, { stream, cutoff, cells }: SketchRead): Sketch {
  const sum = new SketchSum(cells, MEMORY_SKETCH_IDS.words);
  for (const { row, hash } of select(rows, stream, cutoff)) {
    sum.add({ hash, words: MEMORY_SKETCH_IDS.wordsOf(row.id) ?? [0, 0] });
  }
  return sum;
}

function digests(rows: Rows, { stream, edges, to = Infinity, cutoff }: DigestRead): Digest[] {
  const buckets = Array.from({ length: edges.length + 1 }, () => EMPTY_DIGEST);
  for (const { row, hash } of select(rows, stream, cutoff)) {
    if (row.start >= to) continue;
    const later = edges.findIndex((edge) => edge > row.start);
    const bucket = later === -1 ? edges.length : later;
    buckets[bucket] = addHash(buckets[bucket] ?? EMPTY_DIGEST, hash);
  }
  return buckets;
}
