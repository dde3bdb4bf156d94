import { err, ok, type Result } from 'neverthrow';

import type { ReadRows, ReadSketch } from '../adapters/adapter.js';
import type { Digest } from '../domain/digest.js';
import type { AdapterError, MirrorError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { RowKey, Stream } from '../domain/row.js';
import { sketchDifference } from '../domain/sketch.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import type { AskedAhead } from './ask-ahead.js';
import { cellsFor, firstCells, type MirrorSketches } from './mirror-sketches.js';
import type { Reading } from './reading.js';

/** What sketches of both sides say. */
export interface Sketched {
  /** Of the clinic's rows. */
  readonly digests: readonly Digest[];
  /** Every row that differs; `undefined` where sketches could not tell, and days have to be read. */
  readonly suspects: Suspects | undefined;
}

export interface Suspects {
  readonly keys: readonly RowKey[];
  /** Of rows that the clinic has and the mirror has not, or otherwise. */
  readonly atClinic: ReadonlySet<string>;
}

export interface SketchOrder {
  readonly stream: Stream;
  readonly edges: readonly Instant[];
  /** How many rows the mirror has. */
  readonly rows: number;
  readonly sketches: MirrorSketches;
  /** The clinic's answer, where it was asked ahead. */
  readonly asked?: AskedAhead | undefined;
}

/**
 * Asks which rows differ, without reading them: once with few cells, and once more with as many as the first answer calls for.
 * `undefined` where the link or the mirror has no sketches of the stream.
 */
export async function askSketches(
  reading: Reading,
  mirror: ClinicMirror,
  order: SketchOrder,
): Promise<Result<Sketched | undefined, AdapterError | MirrorError>> {
  const few = order.asked?.cells ?? Math.min(firstCells(order.rows), order.sketches.cells);
  const first = await compareSketches(reading, order, order.sketches, few, order.asked?.read);
  if (first.isErr() || !first.value || first.value.suspects) return first;
  const cells = cellsFor(first.value.estimate, order.rows);
  if (cells === undefined || cells <= few) return first;
  const larger = await order.sketches.larger(mirror, order.stream, cells);
  if (larger.isErr()) return err(larger.error);
  return compareSketches(reading, order, larger.value, cells);
}

async function compareSketches(
  reading: Reading,
  { stream, edges }: SketchOrder,
  sketches: MirrorSketches,
  cells: number,
  asked?: ReadSketch,
): Promise<Result<(Sketched & { readonly estimate: number }) | undefined, AdapterError>> {
  const ours = sketches.of(stream, cells);
  const ids = sketches.idsOf(stream);
  if (!ours || !ids) return ok(undefined);
  const read = asked ? ok(asked) : await reading.sketch(stream, edges, cells);
  if (read.isErr()) return err(read.error);
  if (!read.value) return ok(undefined);
  const { digests, sketch } = read.value;
  const { left, right, isWhole, estimate } = sketchDifference(ours, sketch);
  const atClinic = right.map(({ words }) => ids.idOf(words));
  const atMirror = left.map(({ words }) => ids.idOf(words));
  if (!isWhole || [...atClinic, ...atMirror].includes(undefined)) return ok({ digests, suspects: undefined, estimate });
  const there = new Set(atClinic.filter((id) => id !== undefined));
  const all = new Set([...there, ...atMirror.filter((id) => id !== undefined)]);
  return ok({ digests, suspects: { keys: [...all].map((id) => ({ stream, id })), atClinic: there }, estimate });
}

/**
 * Whether every row that is said to be at the clinic was met when it was asked for. One that was not is gone since, or its id was told
 * wrongly: somebody has to look otherwise.
 */
export function allMet({ atClinic }: Suspects, { records, skipped }: ReadRows): boolean {
  const met = new Set([...records.map(({ row }) => row.id), ...skipped.map(({ key }) => key.id)]);
  return [...atClinic].every((id) => met.has(id));
}
