import { err, ok, type Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import type { EngineEvent, EventBody, ResyncReport } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import { scopeOfKeys, WHOLE_FUTURE } from '../domain/scope.js';
import type { MirrorFacts } from '../mirror/mirror.js';
import { loadIndex } from './audit.js';
import { askMirror } from './call.js';
import { copyAll } from './copy.js';
import { mirrorFailure, type ReconcileFailure } from './failure.js';
import type { PendingResync } from './lifecycle.js';
import { firstCells, MirrorSketches } from './mirror-sketches.js';
import type { Pace } from './pace.js';
import { reconcile } from './reconcile.js';
import type { ReconcileOrder, ReconcileOutcome, ReconcileTools } from './reconcile-order.js';
import { advanceWindow } from './window.js';

export interface ResyncOrder {
  readonly resync: PendingResync;
  readonly quiet: boolean;
  /** What is to be remembered of the clinic once its future was compared. */
  readonly facts: Pick<MirrorFacts, 'mappingId' | 'clinicDatabase' | 'clinicPosition'>;
  /** The cutoff that the window should have now; not before the one it has. */
  readonly cutoff: Instant;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly onProgress?: (rows: number) => void;
}

export interface Resynced {
  readonly report: ResyncReport;
  readonly baseline: string | null;
  readonly asOf: number;
}

/** How often rows that our own writes touched during a resync are looked at again within it. */
const MAX_LOOKS_AGAIN = 3;

/**
 * Compares the whole future: `resync.started`, an event for each difference (or one `snapshot.replaced` where the mirror is laid
 * anew), `resync.completed` with the figures. Bookings are held all the while, because the phase is not live.
 */
export async function resync(tools: ReconcileTools, order: ResyncOrder): Promise<Result<Resynced, ReconcileFailure>> {
  const { journal, runtime, governor } = tools;
  const began = runtime.monotonic();
  const restedBefore = governor.restedMs;
  const { reason, possibleConflict } = order.resync;
  if (!order.quiet) {
    const started = await journal.commit({
      events: [engineEvent(tools, { type: 'resync.started', reason, possibleConflict })],
    });
    if (started.isErr()) return err(mirrorFailure(started.error));
  }
  const compared = await compareAll(tools, order);
  if (compared.isErr()) return err(compared.error);
  const rows = await askMirror(() => journal.mirror.countRows());
  if (rows.isErr()) return err(mirrorFailure(rows.error));
  const { created, deleted, replaced, read, skipped, baseline, asOf } = compared.value;
  const report: ResyncReport = {
    reason,
    possibleConflict,
    read,
    created: created + replaced,
    deleted: deleted + replaced,
    replaced,
    skipped,
    rows: rows.value,
    durationMs: Math.round(runtime.monotonic() - began),
    restedMs: Math.round(governor.restedMs - restedBefore),
  };
  const completed = await journal.commit({
    events: [engineEvent(tools, { type: 'resync.completed', ...report })],
    facts: { ...order.facts, verifiedAt: asOf },
  });
  return completed.isErr() ? err(mirrorFailure(completed.error)) : ok({ report, baseline, asOf });
}

async function compareAll(
  tools: ReconcileTools,
  order: ResyncOrder,
): Promise<Result<ReconcileOutcome, ReconcileFailure>> {
  const { journal, link } = tools;
  const { facts } = journal;
  const { cutoff, signal, onProgress } = order;
  const pace = { signal, pace: order.pace, ...(onProgress && { onProgress }) };
  if (facts.cutoff === null || facts.mappingId !== order.facts.mappingId) {
    const copied = await copyAll(tools, { ...pace, reason: order.resync.reason, cutoff, facts: order.facts });
    if (copied.isErr() || copied.value.isOfOneMoment) return copied;
    const { read } = copied.value;
    return (await compareWhole(tools, order, pace)).map((outcome) => ({ ...outcome, read: outcome.read + read }));
  }
  const counted = await askMirror(() => journal.mirror.countRows());
  if (counted.isErr()) return err(mirrorFailure(counted.error));
  const from = Math.max(cutoff, facts.cutoff);
  const sketches = new MirrorSketches(link.sketchIds ?? {}, firstCells(counted.value), from);
  const ready = makeReady(tools, sketches, from);
  const mirrorSide = { sketches, rows: counted.value, cutoff: from, ready };
  const compared = await compareWhole(tools, order, { ...pace, mirrorSide });
  // A link that fails must not leave it behind, with the mirror about to be closed.
  const readied = await ready;
  return readied.isErr() ? err(mirrorFailure(readied.error)) : compared;
}

/**
 * The index is what digests are compared with: it is made from the rows themselves, each checked, before it is trusted. Doubts about our own
 * requests may be settled meanwhile: their commits must find an index that is whole.
 */
async function makeReady(
  tools: ReconcileTools,
  sketches: MirrorSketches,
  cutoff: Instant,
): Promise<Result<void, MirrorError>> {
  const { journal, index } = tools;
  const loaded = await journal.undisturbed(() => loadIndex(journal.mirror, index, sketches));
  if (loaded.isErr() || cutoff <= (journal.facts.cutoff ?? cutoff)) return loaded;
  return advanceWindow(tools, cutoff);
}

async function compareWhole(
  tools: ReconcileTools,
  { resync: { accept, reason } }: ResyncOrder,
  pace: Pick<ReconcileOrder, 'signal' | 'pace' | 'onProgress' | 'mirrorSide'>,
): Promise<Result<ReconcileOutcome, ReconcileFailure>> {
  const cause = reason === 'start' || reason === 'first-copy' ? ('start-up' as const) : ('resync' as const);
  const outcome = await reconcile(tools, { ...pace, scope: WHOLE_FUTURE, cause, acceptMassChange: accept });
  if (outcome.isErr()) return outcome;
  let { created, deleted, replaced, lookAgain } = outcome.value;
  for (let look = 0; look < MAX_LOOKS_AGAIN && lookAgain.length > 0; look++) {
    const again = await reconcile(tools, { ...pace, scope: scopeOfKeys(lookAgain), cause });
    if (again.isErr()) return again;
    created += again.value.created;
    deleted += again.value.deleted;
    replaced += again.value.replaced;
    lookAgain = again.value.lookAgain;
  }
  return ok({ ...outcome.value, created, deleted, replaced, lookAgain });
}

function engineEvent({ runtime }: ReconcileTools, event: EngineEvent): EventBody {
  return { ...event, at: runtime.now(), cause: 'engine' };
}
