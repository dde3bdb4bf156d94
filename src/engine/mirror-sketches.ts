import type { Result } from 'neverthrow';

import type { SketchIds } from '../adapters/adapter.js';
import type { MirrorError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { streamOf, type StoredRow, type Stream } from '../domain/row.js';
import { SketchSum } from '../domain/sketch.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';

/** Of each half. Few enough that a sketch weighs next to nothing beside its rows, enough for some hundred differences in 260,000 rows. */
const MOST_CELLS_AT_FIRST = 1_024;
/** With more differences than these can tell, reading the rows is cheaper. */
const MOST_CELLS = 16_384;

const powerOfTwo = (atLeast: number) => 2 ** Math.ceil(Math.log2(atLeast));

/** How large a first sketch of so many rows is. */
export function firstCells(rows: number): number {
  return Math.min(powerOfTwo(Math.max(128, rows / 64)), MOST_CELLS_AT_FIRST);
}

/** How large a sketch must be to tell about so many differences among so many rows; `undefined`: the rows are cheaper. */
export function cellsFor(differences: number, rows: number): number | undefined {
  const cells = powerOfTwo(Math.max(128, 3 * differences));
  return differences <= rows / 8 && cells <= MOST_CELLS ? cells : undefined;
}

/** The mirror's side of sketches. Summed up while its rows are checked anyway, so that they are read once. */
export class MirrorSketches {
  private readonly sums = new Map<Stream, { readonly ids: SketchIds; readonly sum: SketchSum }>();

  constructor(
    ids: Partial<Record<Stream, SketchIds>>,
    readonly cells: number,
    /** Rows that end by then are about to be let go of. */
    private readonly cutoff: Instant,
  ) {
    for (const stream of ['busy', 'session'] as const) {
      const own = ids[stream];
      if (own) this.sums.set(stream, { ids: own, sum: new SketchSum(cells, own.words) });
    }
  }

  add({ row, hash }: StoredRow): void {
    const stream = streamOf(row);
    const own = this.sums.get(stream);
    if (!own || row.end <= this.cutoff) return;
    const words = own.ids.wordsOf(row.id);
    // Nothing could ever be told of a difference that this row is among.
    if (words) own.sum.add({ hash, words });
    else this.sums.delete(stream);
  }

  /** In so many cells at the most. */
  of(stream: Stream, cells: number): SketchSum | undefined {
    return this.sums.get(stream)?.sum.folded(cells);
  }

  idsOf(stream: Stream): SketchIds | undefined {
    return this.sums.get(stream)?.ids;
  }

  /** Sums a stream up anew, into more cells. */
  async larger(mirror: ClinicMirror, stream: Stream, cells: number): Promise<Result<MirrorSketches, MirrorError>> {
    const ids = this.idsOf(stream);
    const larger = new MirrorSketches(ids ? { [stream]: ids } : {}, cells, this.cutoff);
    const scanned = await askMirror(() =>
      mirror.scan((page) => {
        for (const row of page) larger.add(row);
        return true;
      }),
    );
    return scanned.map(() => larger);
  }
}
