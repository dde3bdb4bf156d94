import { err, ok, type Result } from 'neverthrow';

import type { ReadSketch } from '../adapters/adapter.js';
import type { AdapterError, MirrorError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { Stream } from '../domain/row.js';
import type { MirrorSketches } from './mirror-sketches.js';
import type { Reading } from './reading.js';

/** The mirror's side of a comparison of everything that begins while its rows are still being checked. */
export interface MirrorSide {
  readonly sketches: MirrorSketches;
  /** Of both streams. */
  readonly rows: number;
  /** From when on both sides hold the future once it is ready. */
  readonly cutoff: Instant;
  /** Resolves when index and sketches hold every row. */
  readonly ready: Promise<Result<void, MirrorError>>;
}

/** What the clinic answered before the mirror's side was there to be compared with it. */
export interface AskedAhead {
  readonly stream: Stream;
  readonly edges: readonly Instant[];
  readonly cells: number;
  readonly read: ReadSketch;
}

/**
 * Waits for the mirror's side, and meanwhile has the clinic sum up its appointments where there are so many that it will be asked that anyway:
 * both take a second and more at a large clinic, the one of our processor and the other of the clinic's. `edges`: as many as there can be,
 * since nobody knows yet which day the last row is on.
 */
export async function askAhead(
  reading: Reading,
  { sketches, rows, ready }: MirrorSide,
  { edges, manyRows }: { readonly edges: readonly Instant[]; readonly manyRows: number },
): Promise<Result<AskedAhead | undefined, AdapterError | MirrorError>> {
  const stream = 'busy';
  const { cells } = sketches;
  const pays = rows >= manyRows && sketches.idsOf(stream) !== undefined;
  const [read, readied] = await Promise.all([
    pays ? reading.sketch(stream, edges, cells) : ok<ReadSketch | undefined, AdapterError>(undefined),
    ready,
  ]);
  if (readied.isErr()) return err(readied.error);
  return read.map((answer) => answer && { stream, edges, cells, read: answer });
}
