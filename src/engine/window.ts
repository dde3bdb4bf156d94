import { ok, type Result } from 'neverthrow';

import { addHash } from '../domain/digest.js';
import type { MirrorError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { StoredRow } from '../domain/row.js';
import { startOfDay } from '../domain/zone.js';
import { askMirror } from './call.js';
import type { Change } from './journal.js';
import type { ReconcileTools } from './reconcile-order.js';

/** The start of the clinic's day, but never earlier than it was. */
export function nextCutoff(now: Instant, zone: string, current: Instant | null): Instant {
  const today = startOfDay(now, zone);
  return current === null ? today : Math.max(today, current);
}

/** Moves the cutoff on and forgets what is past, with one event. Must stand in the reconcile line. */
export async function advanceWindow(tools: ReconcileTools, cutoff: Instant): Promise<Result<void, MirrorError>> {
  const { journal, runtime, index } = tools;
  const past: StoredRow[] = [];
  // Bookings go on meanwhile, and change the rows and their digest.
  const decide = async (): Promise<Result<Change | undefined, MirrorError>> => {
    // It may have been moved on while this stood in line.
    if (journal.facts.cutoff !== null && cutoff <= journal.facts.cutoff) return ok(undefined);
    const scanned = await askMirror(() =>
      journal.mirror.scan((page) => {
        past.push(...page.filter(({ row }) => row.end <= cutoff));
        return true;
      }),
    );
    const contents = past.reduce((digest, { hash }) => addHash(digest, hash, -1), index.total());
    return scanned.map(() => ({
      events: [{ type: 'window.advanced', cutoff, pruned: past.length, at: runtime.now(), cause: 'engine' }],
      facts: { cutoff, contents },
      pruneEndedBy: cutoff,
    }));
  };
  const committed = await journal.commitFrom<MirrorError>(decide, () => {
    for (const row of past) index.remove(row);
  });
  return committed.map(() => undefined);
}
