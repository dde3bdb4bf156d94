import { addHash, type Digest } from '../domain/digest.js';
import type { DigestIndex } from './digest-index.js';
import type { RowDiff } from './diff.js';
import type { Change } from './journal.js';
import { streamOf } from '../domain/row.js';

/** What a difference changes in the mirror's rows, with the digest of what will then be there. */
export function rowChange(index: DigestIndex, diff: RowDiff): Pick<Change, 'puts' | 'removes'> & { contents: Digest } {
  return {
    puts: [...diff.created, ...[...diff.replaced, ...diff.rehashed].map(({ now }) => now)],
    removes: diff.deleted.map(({ row }) => ({ stream: streamOf(row), id: row.id })),
    contents: contentsAfter(index, diff),
  };
}

/** Takes a committed difference into the index. */
export function updateIndex(index: DigestIndex, diff: RowDiff): void {
  for (const row of diff.deleted) index.remove(row);
  for (const { old, now } of [...diff.replaced, ...diff.rehashed]) {
    index.remove(old);
    index.add(now);
  }
  for (const row of diff.created) index.add(row);
}

function contentsAfter(index: DigestIndex, diff: RowDiff): Digest {
  const changed = [...diff.replaced, ...diff.rehashed];
  const without = [...diff.deleted, ...changed.map(({ old }) => old)].reduce(
    (d, { hash }) => addHash(d, hash, -1),
    index.total(),
  );
  return [...diff.created, ...changed.map(({ now }) => now)].reduce((d, { hash }) => addHash(d, hash), without);
}
