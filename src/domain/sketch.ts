import { addHash, EMPTY_DIGEST, type Digest } from './digest.js';

/** A sum of rows from which a single row can be told again. Sums stay exact up to 2^21 rows. */
export interface Cell extends Digest {
  /** The sum of each row's {@link checkOf}. */
  readonly sumCheck: number;
  /** The sums of each of the ids' words. */
  readonly sumWords: readonly number[];
}

/**
 * The same rows twice, divided by the lower and by the upper half of their hashes. Two sides that differ by few rows can tell from the
 * difference of their sketches which rows those are: a cell that differs by one row alone is that row, and taking it out of its other cell
 * uncovers the next. An invertible Bloom lookup table (Goodrich and Mitzenmacher 2011, https://arxiv.org/abs/1101.2245).
 */
export interface Sketch {
  /** Cell i: the rows the lower half of whose hash leaves i when divided by the number of cells. */
  readonly low: readonly Cell[];
  readonly high: readonly Cell[];
}

/** A row in a sketch. */
export interface SketchRow {
  /** 16 hex digits. */
  readonly hash: string;
  /** The id in whole numbers from 0 to 2^32; all rows of a sketch have equally many. */
  readonly words: readonly number[];
}

/** What two sides differ by, as far as it could be told. */
export interface SketchDifference {
  /** Rows of the one side that the other has not. */
  readonly left: readonly SketchRow[];
  readonly right: readonly SketchRow[];
  /** These are all of them. */
  readonly isWhole: boolean;
  /** About how many there are, by how many cells were equal; `Infinity` where hardly one was. */
  readonly estimate: number;
}

interface Sum {
  count: number;
  sumHigh: number;
  sumLow: number;
  sumCheck: number;
  readonly sumWords: number[];
}

/** Adds rows up. */
export class SketchSum implements Sketch {
  readonly low: readonly Sum[];
  readonly high: readonly Sum[];

  constructor(cells: number, words: number) {
    const table = () => Array.from({ length: cells }, () => empty(words));
    this.low = table();
    this.high = table();
  }

  add(row: SketchRow, sign: 1 | -1 = 1): void {
    const cell = cellOf(row);
    const { low, high } = placesOf(cell, this.low.length);
    addTo(this.low[low], cell, sign);
    addTo(this.high[high], cell, sign);
  }

  /** The same rows in fewer cells; both numbers are powers of two. */
  folded(cells: number): SketchSum {
    if (cells >= this.low.length) return this;
    const folded = new SketchSum(cells, this.low[0]?.sumWords.length ?? 0);
    this.low.forEach((cell, i) => {
      addTo(folded.low[i % cells], cell, 1);
    });
    this.high.forEach((cell, i) => {
      addTo(folded.high[i % cells], cell, 1);
    });
    return folded;
  }

  /** Takes another sketch of the same form away. */
  minus(other: Sketch): this {
    other.low.forEach((cell, i) => {
      addTo(this.low[i], cell, -1);
    });
    other.high.forEach((cell, i) => {
      addTo(this.high[i], cell, -1);
    });
    return this;
  }
}

/** Not linear in the hash, so that hardly any sum of several rows looks like one row. The same in SQL. */
export const CHECK_BASE = 65_536;
const checkOf = (high: number, low: number): number => (high % CHECK_BASE) * (low % CHECK_BASE);

function empty(words: number): Sum {
  return { count: 0, sumHigh: 0, sumLow: 0, sumCheck: 0, sumWords: Array<number>(words).fill(0) };
}

function cellOf({ hash, words }: SketchRow): Cell {
  const { sumHigh, sumLow } = addHash(EMPTY_DIGEST, hash);
  return { count: 1, sumHigh, sumLow, sumCheck: checkOf(sumHigh, sumLow), sumWords: words };
}

const placesOf = ({ sumHigh, sumLow }: Digest, cells: number) => ({ low: sumLow % cells, high: sumHigh % cells });

function addTo(sum: Sum | undefined, cell: Cell, sign: 1 | -1): void {
  if (!sum) return;
  sum.count += sign * cell.count;
  sum.sumHigh += sign * cell.sumHigh;
  sum.sumLow += sign * cell.sumLow;
  sum.sumCheck += sign * cell.sumCheck;
  for (let i = 0; i < sum.sumWords.length; i++) {
    sum.sumWords[i] = (sum.sumWords[i] ?? 0) + sign * (cell.sumWords[i] ?? 0);
  }
}

/** The rows that two sketches of the same form differ by. Uses `left` up. */
export function sketchDifference(left: SketchSum, right: Sketch): SketchDifference {
  const rest = left.minus(right);
  const cells = rest.low.length;
  const estimate = estimateOf([...rest.low, ...rest.high]);
  const rows: Record<1 | -1, SketchRow[]> = { [1]: [], [-1]: [] };
  // A row that is taken out of its other cell can leave one alone there. More rows than cells are none that could be told.
  const waiting = [...rest.low, ...rest.high];
  for (let cell = waiting.pop(); cell && rows[1].length + rows[-1].length < 2 * cells; cell = waiting.pop()) {
    const only = onlyRow(cell);
    if (!only) continue;
    rows[only.side].push(only.row);
    const places = placesOf(cellOf(only.row), cells);
    rest.add(only.row, only.side === 1 ? -1 : 1);
    waiting.push(...[rest.low[places.low], rest.high[places.high]].filter((other) => other !== undefined));
  }
  return { left: rows[1], right: rows[-1], isWhole: [...rest.low, ...rest.high].every(isEmpty), estimate };
}

/** The one row that a cell differs by. A sum of several can look like one; then what is left over does not come out as nothing. */
function onlyRow(cell: Sum): { readonly side: 1 | -1; readonly row: SketchRow } | undefined {
  if (cell.count !== 1 && cell.count !== -1) return undefined;
  const side = cell.count;
  const [high, low, check, ...words] = [cell.sumHigh, cell.sumLow, cell.sumCheck, ...cell.sumWords].map(
    // Without a minus nought.
    (n) => side * n + 0,
  );
  if (!isWord(high) || !isWord(low) || check !== checkOf(high, low) || !words.every(isWord)) return undefined;
  const digits = (half: number) => half.toString(16).padStart(8, '0');
  return { side, row: { hash: digits(high) + digits(low), words } };
}

const isWord = (n: number | undefined): n is number => n !== undefined && n >= 0 && n < 2 ** 32;

const isEmpty = ({ count, sumHigh, sumLow, sumCheck }: Cell) =>
  count === 0 && sumHigh === 0 && sumLow === 0 && sumCheck === 0;

/** By linear counting (Whang, Vander-Zanden and Taylor 1990): how many rows leave that many cells as they were. */
function estimateOf(cells: readonly Cell[]): number {
  const untouched = cells.filter(isEmpty).length;
  return untouched < 5 ? Number.POSITIVE_INFINITY : -Math.log(untouched / cells.length) * (cells.length / 2);
}
