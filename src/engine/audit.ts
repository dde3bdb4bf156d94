import { err, ok, type Result } from 'neverthrow';

import { sameDigest } from '../domain/digest.js';
import { fault, type MirrorError } from '../domain/errors.js';
import { isIntact } from '../domain/fingerprint.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { DigestIndex } from './digest-index.js';
import type { MirrorSketches } from './mirror-sketches.js';

/** Fills the index from the mirror's rows. `MirrorCorrupt` at the first row that is not what was put there. */
async function rebuildIndex(
  mirror: ClinicMirror,
  index: DigestIndex,
  sketches?: MirrorSketches,
): Promise<Result<void, MirrorError>> {
  index.clear();
  let damaged = false;
  const scanned = await askMirror(() =>
    mirror.scan((page) => {
      for (const row of page) {
        damaged ||= !isIntact(row);
        index.add(row);
        sketches?.add(row);
      }
      return !damaged;
    }),
  );
  if (scanned.isErr()) return scanned;
  return damaged ? err(fault('MirrorCorrupt', 'A row of the mirror is not what was put there.')) : ok();
}

/** Fills the index, and insists that the rows are those of the last commit: what vanished or appeared on disk shows. */
export async function loadIndex(
  mirror: ClinicMirror,
  index: DigestIndex,
  sketches?: MirrorSketches,
): Promise<Result<void, MirrorError>> {
  const rebuilt = await rebuildIndex(mirror, index, sketches);
  if (rebuilt.isErr()) return rebuilt;
  const { contents } = mirror.facts;
  return contents === null || sameDigest(contents, index.total()) ? ok() : err(notAsCommitted());
}

/**
 * Compares every row of the mirror with its own fingerprint, and all of them with what was committed. Must run while nothing is
 * being committed.
 */
export async function auditMirror(
  mirror: ClinicMirror,
  index: DigestIndex,
  zone: string,
): Promise<Result<void, MirrorError>> {
  const fresh = new DigestIndex(zone);
  const rebuilt = await rebuildIndex(mirror, fresh);
  if (rebuilt.isErr()) return rebuilt;
  return sameDigest(fresh.total(), index.total()) ? ok() : err(notAsCommitted());
}

function notAsCommitted(): MirrorError {
  return fault('MirrorCorrupt', 'The rows of the mirror are not those that were committed.');
}
