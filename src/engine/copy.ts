import { err, ok, type Result } from 'neverthrow';

import type { SkippedRow, UnknownStatus } from '../adapters/adapter.js';
import { stored } from '../domain/fingerprint.js';
import type { Instant } from '../domain/instant.js';
import type { ResyncReason } from '../domain/status.js';
import { dayEdges, startOfDay } from '../domain/zone.js';
import type { MirrorFacts, ReplaceWriter } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { DigestIndex, MAX_BUCKETS } from './digest-index.js';
import { clinicFailure, mirrorFailure, type ReconcileFailure } from './failure.js';
import { PacedPieces } from './narrow.js';
import type { Pace } from './pace.js';
import { Reading } from './reading.js';
import type { ReconcileOutcome, ReconcileTools } from './reconcile-order.js';

export interface CopyOrder {
  readonly reason: ResyncReason;
  readonly cutoff: Instant;
  readonly facts: Partial<MirrorFacts>;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly onProgress?: (rows: number) => void;
}

export interface CopyOutcome extends ReconcileOutcome {
  readonly isOfOneMoment: boolean;
}

/**
 * Lays the whole mirror anew and tells it in one `snapshot.replaced` event: for a first copy, a mirror that was damaged, or a
 * mapping that changed. Reads page by page; nothing shows until all of it is there.
 *
 * Without a snapshot at the clinic, or with one that had to be given back, the copy may be torn: then its caller reconciles once more
 * before going live.
 */
export async function copyAll(tools: ReconcileTools, order: CopyOrder): Promise<Result<CopyOutcome, ReconcileFailure>> {
  const { journal, runtime } = tools;
  const asOf = runtime.now();
  const { cutoff, signal, pace } = order;
  const reading = await Reading.open(tools, cutoff, { extent: 'still', signal, pace });
  if (reading.isErr()) return err(clinicFailure(reading.error));
  const writer = await askMirror(() => journal.mirror.replaceAll());
  if (writer.isErr()) {
    await reading.value.close();
    return err(mirrorFailure(writer.error));
  }
  const copied = await copyRows(tools, order, reading.value, writer.value);
  const isOfOneMoment = reading.value.isSnapshot;
  await reading.value.close();
  if (copied.isErr()) {
    // The copy has failed already; what it staged is also removed when the mirror is opened next.
    return (await askMirror(() => writer.value.abort())).match(
      () => err(copied.error),
      () => err(copied.error),
    );
  }
  const { reason, facts } = order;
  const { rows, notices } = copied.value;
  const change = {
    events: [
      { type: 'snapshot.replaced' as const, reason, rows, at: runtime.now(), cause: 'start-up' as const },
      ...tools.tellOnce.news(notices, asOf),
    ],
    facts: { ...facts, cutoff, verifiedAt: asOf, contents: copied.value.index.total() },
  };
  const committed = await journal.commitReplace(writer.value, change, () => {
    tools.index.become(copied.value.index);
  });
  if (committed.isErr()) return err(mirrorFailure(committed.error));
  tools.tellOnce.remember(notices);
  return ok({
    baseline: reading.value.baseline,
    asOf,
    read: rows,
    created: 0,
    deleted: 0,
    replaced: 0,
    skipped: notices.skipped.length,
    lookAgain: [],
    isOfOneMoment,
  });
}

async function copyRows(tools: ReconcileTools, order: CopyOrder, reading: Reading, writer: ReplaceWriter) {
  const start = startOfDay(order.cutoff, tools.zone);
  const edges = [start, ...dayEdges(start, MAX_BUCKETS, tools.zone)];
  const index = new DigestIndex(tools.zone);
  const skipped: SkippedRow[] = [];
  const unknown = new Map<string, UnknownStatus>();
  let [read, again] = [0, 0];
  for (const stream of tools.streams) {
    const pieces = new PacedPieces(stream, edges);
    for (let piece = pieces.next(0); piece;) {
      const answer = await reading.range(piece.range);
      if (answer.isErr()) return err(clinicFailure(answer.error));
      skipped.push(...answer.value.skipped);
      for (const status of answer.value.unknown ?? []) unknown.set(JSON.stringify(status), status);
      const rows = answer.value.records.map(stored);
      const added = await askMirror(() => writer.add(rows));
      if (added.isErr()) return err(mirrorFailure(added.error));
      for (const row of rows) index.add(row);
      // A reading that is not of one moment can bring a row that moved meanwhile twice.
      for (const earlier of added.value) index.remove(earlier);
      again += added.value.length;
      read += rows.length;
      order.onProgress?.(read);
      piece = pieces.next(rows.length);
    }
  }
  return ok({ rows: read - again, notices: { skipped, unknown: [...unknown.values()] }, index });
}
