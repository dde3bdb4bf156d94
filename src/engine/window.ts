import type { Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { startOfDay } from '../domain/zone.js';
import { rebuildIndex } from './audit.js';
import { askMirror } from './call.js';
import type { DigestIndex } from './digest-index.js';
import type { Journal } from './journal.js';
import type { ReconcileTools } from './reconcile.js';

/** The start of the clinic's day, but never earlier than it was. */
export function nextCutoff(now: Instant, zone: string, current: Instant | null): Instant {
  const today = startOfDay(now, zone);
  return current === null ? today : Math.max(today, current);
}

/** Moves the cutoff on and forgets what is past, with one event. Must stand in the reconcile line. */
export async function advanceWindow(tools: ReconcileTools, cutoff: Instant): Promise<Result<void, MirrorError>> {
  const { journal, runtime, index } = tools;
  const ended = await askMirror(() => journal.mirror.countRows(cutoff));
  if (ended.isErr()) return ended.map(() => undefined);
  const committed = await journal.commit({
    events: [{ type: 'window.advanced', cutoff, pruned: ended.value, at: runtime.now(), cause: 'engine' }],
    facts: { cutoff, contents: null },
    pruneEndedBy: cutoff,
  });
  if (committed.isErr()) return committed.map(() => undefined);
  return recordContents(journal, index);
}

/** After rows were replaced or pruned in bulk: counts what is there, and remembers it. */
export async function recordContents(journal: Journal, index: DigestIndex): Promise<Result<void, MirrorError>> {
  const rebuilt = await rebuildIndex(journal.mirror, index);
  if (rebuilt.isErr()) return rebuilt;
  const recorded = await journal.commit({ facts: { contents: index.total() } });
  return recorded.map(() => undefined);
}
