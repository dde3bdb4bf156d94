import type { Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { startOfDay } from '../domain/zone.js';
import { rebuildIndex } from './audit.js';
import { askMirror } from './call.js';
import type { ReconcileTools } from './reconcile.js';

/**
 * The instant from which the mirror should hold the future: the start of the clinic's day, by whichever of the two clocks is
 * behind. Never earlier than it was.
 */
export function nextCutoff(now: Instant, skewMs: number, zone: string, current: Instant | null): Instant {
  const today = startOfDay(now + Math.min(0, skewMs), zone);
  return current === null ? today : Math.max(today, current);
}

/** Moves the cutoff on and forgets what is past, with one event. Must stand in the reconcile line. */
export async function advanceWindow(tools: ReconcileTools, cutoff: Instant): Promise<Result<void, MirrorError>> {
  const { journal, runtime, index } = tools;
  const ended = await askMirror(() => journal.mirror.countRows(cutoff));
  if (ended.isErr()) return ended.map(() => undefined);
  const committed = await journal.commit({
    events: [{ type: 'window.advanced', cutoff, pruned: ended.value, at: runtime.now(), cause: 'engine' }],
    facts: { cutoff },
    pruneEndedBy: cutoff,
  });
  if (committed.isErr()) return committed.map(() => undefined);
  return rebuildIndex(journal.mirror, index);
}
