import { err, ok, type Result } from 'neverthrow';

import { fault, type MirrorError } from '../domain/errors.js';
import type { EngineEvent, EventBody } from '../domain/events.js';
import type { Intent } from '../domain/intent.js';
import type { RowKey, StoredRow } from '../domain/row.js';
import type { ClinicMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { diffRows, eventsOf, mapRows, NO_DIFF, type RowDiff } from './diff.js';
import type { Change } from './journal.js';
import { conflictsOf } from './our-rows.js';
import type { ReconcileTools } from './reconcile-order.js';
import { rowChange, updateIndex } from './row-change.js';

export interface WriteThrough {
  readonly intent: Intent;
  /** What the clinic has under these keys, as read back; absent rows are gone. */
  readonly keys: readonly RowKey[];
  /** `Touched.finished` from before that was read. */
  readonly since: number;
  readonly rows: readonly StoredRow[];
  readonly events?: readonly EngineEvent[];
}

/**
 * Commits what a request of ours did to rows, together with how far the request has come. The mirror may have it already, from a
 * hint that was quicker: a version that is there is not told again.
 */
export function writeThrough(
  tools: ReconcileTools,
  written: WriteThrough,
  signal: AbortSignal,
): Promise<Result<unknown, MirrorError>> {
  const { journal, index, runtime, touched } = tools;
  const { intent, events = [] } = written;
  let diff = NO_DIFF;
  const decide = async (): Promise<Result<Change, MirrorError>> => {
    // The next link has an index of its own, made from the rows as it finds them.
    if (signal.aborted) return err(fault('Aborted'));
    // A reconcile that has ended since may have seen something newer: then the rows are left to another look.
    const isNews = touched.finished === written.since;
    // A request about yesterday's slot may be settled today: that row is no longer the mirror's.
    const { cutoff } = journal.facts;
    const inWindow = written.rows.filter(({ row }) => cutoff === null || row.end > cutoff);
    const [keys, rows] = isNews ? [written.keys, inWindow] : [[], []];
    const had = await askMirror(() => journal.mirror.rowsByKey(keys));
    if (had.isErr()) return err(had.error);
    diff = diffRows(mapRows(had.value), mapRows(rows));
    // Where the look has told of a conflict, the host knows.
    const isTold = events.some(({ type }) => type === 'conflict.detected');
    const late = isTold ? ok([]) : await lateConflicts(journal.mirror, diff, intent);
    return late.map((conflicts) => {
      const at = runtime.now();
      const told: EventBody[] = [
        ...eventsOf(diff, at, 'platform'),
        ...[...events, ...conflicts].map((event) => ({ ...event, at, cause: 'platform' as const })),
      ];
      const { contents, ...changed } = rowChange(index, diff);
      return {
        ...changed,
        intents: [intent],
        events: told.map((event) => ({ ...event, bookingId: intent.key })),
        facts: { contents },
      };
    });
  };
  return journal.commitFrom<MirrorError>(decide, () => {
    updateIndex(index, diff);
    for (const key of written.keys) touched.add(key);
  });
}

/** Between the look after the commit and now, somebody's row may have come into the mirror. */
async function lateConflicts(
  mirror: ClinicMirror,
  diff: RowDiff,
  { outcome }: Intent,
): Promise<Result<EngineEvent[], MirrorError>> {
  if (outcome?.result !== 'booked') return ok([]);
  const { id, fingerprint } = outcome.row;
  const mirrored = await askMirror(() => mirror.rowsByKey([{ stream: 'busy', id }]));
  if (mirrored.isErr()) return err(mirrored.error);
  const ours = [...diff.created, ...diff.replaced.map(({ now }) => now), ...mirrored.value].find(
    (row) => row.row.id === id && row.fingerprint === fingerprint,
  );
  return ours ? conflictsOf(mirror, diff, ours) : ok([]);
}
