/**
 * The hash of a row, computed by the server, so that it can sum up the rows of a day without sending them. Firebird 3 has no MD5,
 * and its HASH() is nearly linear, so that two rows that swap a value would leave a sum as it was. Each half here is a product of
 * the columns modulo a prime of 31 bits, each column shifted by a number of its own: it changes with any column, and a swap shows.
 */
import type { ColumnType } from './literals.js';

interface Half {
  readonly prime: number;
  /** One for the table and each of its columns, in order; any numbers below the prime do, as long as they differ. */
  readonly shifts: readonly number[];
  /** In place of NULL, which is no text. */
  readonly none: number;
  /** HASH() of short texts lets a letter make up for its neighbour; read backwards as well, it does not. */
  readonly ofText: (column: string) => string;
}

const HALVES: readonly Half[] = [
  {
    prime: 2_147_483_647,
    shifts: [918_273_645, 1_234_567_891, 55_555_333, 7_351_720, 1_999_999_973, 1_717_171_717, 300_000_007],
    none: 1_010_101_011,
    ofText: (column) => `hash(${column})`,
  },
  {
    prime: 2_147_483_629,
    shifts: [564_738_291, 987_654_321, 1_927_361_723, 1_111_111_117, 31_337_000, 424_242_421, 1_600_000_009],
    none: 1_313_131_313,
    ofText: (column) => `hash(reverse(${column}))`,
  },
];

export interface HashedColumn {
  readonly sql: string;
  readonly type: ColumnType;
}

/** Two expressions, the upper and the lower half. */
export function hashExpressions(table: number, columns: readonly HashedColumn[]): readonly [string, string] {
  const [upper, lower] = HALVES.map((half) => {
    const first = String((table + half.shifts[0]!) % half.prime);
    return columns.reduce(
      (product, column, i) =>
        `mod(cast(${product} * ${factor(half, column, half.shifts[i + 1]!)} as bigint), ${half.prime})`,
      first,
    );
  });
  return [upper!, lower!];
}

/** Between 0 and the prime, so that a product fits a BIGINT. */
function factor({ prime, none, ofText }: Half, { sql, type }: HashedColumn, shift: number): string {
  const value =
    type === 'number'
      ? sql
      : type === 'text'
        ? ofText(sql)
        : `datediff(millisecond from timestamp '2000-01-01 00:00:00' to ${sql})`;
  return `coalesce(mod(mod(${value}, ${prime}) + ${prime + shift}, ${prime}), ${none})`;
}

/** The two halves as the port wants them. */
export function hashText(upper: number, lower: number): string {
  return [upper, lower].map((half) => half.toString(16).padStart(8, '0')).join('');
}

/** The halves of a hash; of a text that is none of ours, halves that no row has. */
export function hashHalves(hash: string): readonly [number, number] {
  if (!/^[0-9a-f]{16}$/.test(hash)) return [-1, -1];
  return [Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8), 16)];
}
