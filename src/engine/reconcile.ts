import { err, ok, type Result } from 'neverthrow';

import type { Instant } from '../domain/instant.js';
import { streamOf, type RowKey, type StoredRow, type Stream } from '../domain/row.js';
import type { MassChange } from './breaker.js';
import { askMirror } from './call.js';
import { awaitMirror, compareScope } from './compare-scope.js';
import { Comparison } from './comparison.js';
import { changeCount, eventsOf, NO_DIFF, type RowDiff } from './diff.js';
import { clinicFailure, mirrorFailure, type ReconcileFailure } from './failure.js';
import type { Change } from './journal.js';
import { recognise } from './our-rows.js';
import { Reading } from './reading.js';
import type { ReconcileOrder, ReconcileOutcome, ReconcileTools } from './reconcile-order.js';
import { rowChange, updateIndex } from './row-change.js';

/**
 * Makes the mirror equal to the clinic within a scope: reads the clinic, compares, and commits the new rows together with the
 * events that tell the difference. Every change of the mirror's rows comes through here or, for a first copy, `copy.ts`.
 */
export async function reconcile(
  tools: ReconcileTools,
  order: ReconcileOrder,
): Promise<Result<ReconcileOutcome, ReconcileFailure>> {
  const mark = tools.touched.begin();
  const asOf = tools.runtime.now();
  const { signal, pace, scope, mirrorSide } = order;
  const cutoff = mirrorSide?.cutoff ?? tools.journal.facts.cutoff ?? asOf;
  const reading = await Reading.open(tools, cutoff, { extent: scope.all ? 'whole' : 'part', signal, pace });
  if (reading.isErr()) {
    tools.touched.done(mark);
    return err(clinicFailure(reading.error));
  }
  const comparison = new Comparison();
  const asked = await awaitMirror(tools, reading.value, scope.all ? mirrorSide : undefined);
  const { version } = tools.journal;
  const compared = asked.isErr()
    ? err(asked.error)
    : await compareScope(tools, order, { reading: reading.value, cutoff, asked: asked.value }, comparison);
  await reading.value.close();
  const confirmed = compared.isErr() ? compared : await confirm(reading.value, comparison);
  const committed = confirmed.isErr()
    ? err(confirmed.error)
    : await commit(tools, order, comparison, { mark, version, asOf });
  tools.touched.done(mark);
  return committed.map((result) => ({
    baseline: reading.value.baseline,
    asOf,
    read: comparison.read,
    skipped: comparison.notices.skipped.length,
    ...result,
  }));
}

/** A deletion is concluded only after its id was read again and is gone. */
async function confirm(reading: Reading, comparison: Comparison): Promise<Result<void, ReconcileFailure>> {
  const keys = comparison.toConfirm();
  if (keys.length === 0) return ok();
  const now = await reading.keysNow(keys);
  if (now.isErr()) return err(clinicFailure(now.error));
  comparison.confirm(keys, now.value);
  return ok();
}

async function commit(
  tools: ReconcileTools,
  order: ReconcileOrder,
  comparison: Comparison,
  { mark, version, asOf }: { readonly mark: number; readonly version: number; readonly asOf: Instant },
): Promise<Result<Pick<ReconcileOutcome, 'created' | 'deleted' | 'replaced' | 'lookAgain'>, ReconcileFailure>> {
  const { journal, index, breaker, runtime, touched, tellOnce } = tools;
  let diff = NO_DIFF;
  let lookAgain: readonly RowKey[] = [];
  const committed = await journal.commitFrom<ReconcileFailure>(
    async () => {
      lookAgain = touched.since(mark);
      comparison.leaveAlone(lookAgain);
      const isUnchanged = journal.version === version;
      const keys = comparison.keysToAsk(isUnchanged);
      const kept = await askMirror(() => journal.mirror.rowsByKey(keys));
      if (kept.isErr()) return err(mirrorFailure(kept.error));
      diff = comparison.conclude(kept.value, isUnchanged);
      const change = order.acceptMassChange === true ? undefined : massChange(tools, diff);
      if (change) return err<Change | undefined, ReconcileFailure>({ kind: 'held', change });
      const told = tellOnce.news(comparison.notices, asOf);
      if (changeCount(diff) + diff.rehashed.length + told.length === 0) return ok(undefined);
      const { contents, ...rows } = rowChange(index, diff);
      const marked = await recognise(journal.mirror, diff, eventsOf(diff, runtime.now(), order.cause));
      if (marked.isErr()) return err(mirrorFailure(marked.error));
      const events = [...marked.value, ...told];
      return ok({ ...rows, events, facts: { ...(lookAgain.length === 0 && { verifiedAt: asOf }), contents } });
    },
    () => {
      updateIndex(index, diff);
      touched.committed();
    },
  );
  if (committed.isErr()) {
    return err('kind' in committed.error ? committed.error : mirrorFailure(committed.error));
  }
  tellOnce.remember(comparison.notices);
  breaker.removed(countByStream(diff.deleted), runtime.monotonic());
  const { created, deleted, replaced } = diff;
  return ok({ created: created.length, deleted: deleted.length, replaced: replaced.length, lookAgain });
}

function massChange({ breaker, index, runtime }: ReconcileTools, diff: RowDiff): MassChange | undefined {
  const rows = { busy: index.rowCount('busy'), session: index.rowCount('session') };
  return breaker.check(countByStream(diff.deleted), rows, runtime.monotonic());
}

function countByStream(rows: readonly StoredRow[]): Record<Stream, number> {
  const busy = rows.filter(({ row }) => streamOf(row) === 'busy').length;
  return { busy, session: rows.length - busy };
}
