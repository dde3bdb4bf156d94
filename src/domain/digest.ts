import { hash } from 'node:crypto';

/**
 * An order-independent summary of a set of rows: how many, and the sums of two 32-bit halves of their hashes. The hash is
 * not linear in the columns, so two rows that swap a value change the sums. Sums stay exact up to 2^21 rows.
 */
export interface Digest {
  readonly count: number;
  readonly sumHigh: number;
  readonly sumLow: number;
}

export const EMPTY_DIGEST: Digest = { count: 0, sumHigh: 0, sumLow: 0 };

/** Separates columns in the hashed text: the ASCII unit separator, which no practice system types into a key or a time. */
export const COLUMN_SEPARATOR = '\u001f';
/** Stands for NULL in the hashed text, so that NULL and '' differ. */
export const NULL_TEXT = '\u001eN';

/**
 * The row hash that SQL engines reproduce: the first 16 hex digits of the MD5 of the columns' texts, NULL written as
 * {@link NULL_TEXT}, joined by {@link COLUMN_SEPARATOR}. MD5 because every server has it; nothing here is a secret.
 */
export function rowHash(columns: readonly (string | null)[]): string {
  return textHash(columns.map((text) => text ?? NULL_TEXT).join(COLUMN_SEPARATOR));
}

/** The same for a text that is joined already. */
export function textHash(joined: string): string {
  return hash('md5', joined).slice(0, 16);
}

export function addHash(digest: Digest, rowHash: string, sign: 1 | -1 = 1): Digest {
  return {
    count: digest.count + sign,
    sumHigh: digest.sumHigh + sign * Number.parseInt(rowHash.slice(0, 8), 16),
    sumLow: digest.sumLow + sign * Number.parseInt(rowHash.slice(8, 16), 16),
  };
}

export function sameDigest(a: Digest, b: Digest): boolean {
  return a.count === b.count && a.sumHigh === b.sumHigh && a.sumLow === b.sumLow;
}

export function addDigests(a: Digest, b: Digest): Digest {
  return { count: a.count + b.count, sumHigh: a.sumHigh + b.sumHigh, sumLow: a.sumLow + b.sumLow };
}
