import { err, ok, type Result } from 'neverthrow';

import type { ReadRows } from '../adapters/adapter.js';
import type { Digest } from '../domain/digest.js';
import type { AdapterError, MirrorError } from '../domain/errors.js';
import type { Cause } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import { streamOf, type RowKey, type StoredRow, type Stream } from '../domain/row.js';
import type { Scope, ScopeRange } from '../domain/scope.js';
import type { Breaker, MassChange } from './breaker.js';
import { askMirror } from './call.js';
import type { Company } from './company.js';
import { Comparison } from './comparison.js';
import { changeCount, eventsOf, NO_DIFF, type RowDiff } from './diff.js';
import type { DigestIndex } from './digest-index.js';
import type { Change, Journal } from './journal.js';
import type { MirrorSketches } from './mirror-sketches.js';
import { allPieces, differingPieces } from './narrow.js';
import { recognise } from './our-rows.js';
import type { Pace } from './pace.js';
import { Reading, type ReadingTools } from './reading.js';
import { rowChange, updateIndex } from './row-change.js';
import type { TellOnce } from './notices.js';
import { allMet, askSketches } from './sketched.js';
import type { Touched } from './touched.js';

/** So many rows are read at once rather than summed up first. */
const FEW = 100;

/** So many times the rows from which on sketches pay: then they are asked without asking digests first. */
const MANY = 10;

/** What a reconcile works with. */
export interface ReconcileTools extends ReadingTools {
  readonly journal: Journal;
  readonly index: DigestIndex;
  readonly breaker: Breaker;
  readonly touched: Touched;
  readonly tellOnce: TellOnce;
  /** The streams that the adapter reads. */
  readonly company: Company;
  readonly streams: readonly Stream[];
  /** The clinic's own, whose midnights divide its days. */
  readonly zone: string;
}

export interface ReconcileOrder {
  readonly scope: Scope;
  readonly cause: Cause;
  readonly signal: AbortSignal;
  /** Pauses between reads, and takes its turns; absent: on the governor's account. */
  readonly pace?: Pace;
  /** The host has looked at a mass change and accepts it. */
  readonly acceptMassChange?: boolean;
  /** The mirror's side of sketches, for a whole scope; absent: digests alone narrow it down. */
  readonly sketches?: MirrorSketches;
  /** Called with the number of rows read so far. */
  readonly onProgress?: (rows: number) => void;
}

export interface ReconcileOutcome {
  /** The pulse as of before the first row; the next look is measured from it. `null` when the link has none. */
  readonly baseline: string | null;
  /** When the read began: everything committed at the clinic before is in the mirror. */
  readonly asOf: Instant;
  readonly read: number;
  readonly created: number;
  readonly deleted: number;
  readonly replaced: number;
  readonly skipped: number;
  /** Rows that our own writes touched meanwhile and that were therefore left alone. */
  readonly lookAgain: readonly RowKey[];
}

/** Why a reconcile changed nothing. */
export type ReconcileFailure =
  | { readonly kind: 'clinic'; readonly error: AdapterError }
  | { readonly kind: 'mirror'; readonly error: MirrorError }
  | { readonly kind: 'held'; readonly change: MassChange };

export const clinicFailure = (error: AdapterError): ReconcileFailure => ({ kind: 'clinic', error });
export const mirrorFailure = (error: MirrorError): ReconcileFailure => ({ kind: 'mirror', error });

/** By its code, whose it is. */
export function failureOf(error: AdapterError | MirrorError): ReconcileFailure {
  const { code } = error;
  return code.startsWith('Mirror') || code === 'Fenced'
    ? mirrorFailure(error as MirrorError)
    : clinicFailure(error as AdapterError);
}

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
  const cutoff = tools.journal.facts.cutoff ?? asOf;
  const { signal, pace, scope } = order;
  const reading = await Reading.open(tools, cutoff, { extent: scope.all ? 'whole' : 'part', signal, pace });
  if (reading.isErr()) {
    tools.touched.done(mark);
    return err(clinicFailure(reading.error));
  }
  const comparison = new Comparison();
  const { version } = tools.journal;
  const compared = await compareScope(tools, order, reading.value, comparison, cutoff);
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

async function compareScope(
  tools: ReconcileTools,
  order: ReconcileOrder,
  reading: Reading,
  comparison: Comparison,
  cutoff: Instant,
): Promise<Result<void, ReconcileFailure>> {
  const compareRange = async (range: ScopeRange): Promise<Result<boolean, ReconcileFailure>> => {
    const clinic = await reading.range(range);
    if (clinic.isErr()) return err(clinicFailure(clinic.error));
    const mirror = await askMirror(() => tools.journal.mirror.rows(rowQuery(range, cutoff)));
    if (mirror.isErr()) return err(mirrorFailure(mirror.error));
    const equal = comparison.compare(clinic.value, mirror.value);
    order.onProgress?.(comparison.read);
    return ok(equal);
  };
  const compareKeys = async (keys: readonly RowKey[]): Promise<Result<ReadRows, ReconcileFailure>> => {
    const clinic = await reading.keysNow(keys);
    if (clinic.isErr()) return err(clinicFailure(clinic.error));
    const mirror = await askMirror(() => tools.journal.mirror.rowsByKey(keys));
    if (mirror.isErr()) return err(mirrorFailure(mirror.error));
    if (reading.keysAreRead) comparison.compareKeys(keys, clinic.value, mirror.value);
    else comparison.compare(clinic.value, mirror.value);
    order.onProgress?.(comparison.read);
    return ok(clinic.value);
  };
  const { scope } = order;
  for (const range of scope.ranges) {
    const compared = await compareNarrowed(tools, range, reading, cutoff, compareRange);
    if (compared.isErr()) return err(compared.error);
  }
  if (scope.keys.length > 0) {
    const compared = await compareKeys(scope.keys);
    if (compared.isErr()) return err(compared.error);
  }
  if (!scope.all) return ok();
  for (const stream of tools.streams) {
    const compared = await compareStream(tools, { stream, sketches: order.sketches }, reading, cutoff, {
      compareRange,
      compareKeys,
    });
    if (compared.isErr()) return err(compared.error);
  }
  return ok();
}

interface Comparing {
  /** Answers whether both sides were equal there. */
  compareRange(range: ScopeRange): Promise<Result<boolean, ReconcileFailure>>;
  /** Answers what the clinic has under the keys. */
  compareKeys(keys: readonly RowKey[]): Promise<Result<ReadRows, ReconcileFailure>>;
}

/** Narrows a stretch that begins with the future by digests, where it has many rows; compares what differs. */
async function compareNarrowed(
  { index }: ReconcileTools,
  range: ScopeRange,
  reading: Reading,
  cutoff: Instant,
  compareRange: Comparing['compareRange'],
): Promise<Result<void, ReconcileFailure>> {
  const { stream, from, to, practitionerId } = range;
  const edges = index.edges(cutoff).filter((edge) => to === null || edge <= to);
  const mirror = index.digests(stream, edges).slice(0, -1);
  const canNarrow = from === null && to !== null && edges.at(-1) === to && practitionerId === undefined;
  const isMany = mirror.reduce((sum, { count }) => sum + count, 0) > FEW;
  const digests = canNarrow && isMany ? await reading.digest(stream, edges, to) : ok(undefined);
  if (digests.isErr()) return err(clinicFailure(digests.error));
  const clinic = digests.value?.slice(0, -1);
  const pieces = clinic ? differingPieces(stream, edges, clinic, mirror) : [{ range }];
  for (const piece of pieces) {
    const compared = await compareRange(piece.range);
    if (compared.isErr()) return err(compared.error);
  }
  return ok();
}

/** Narrows the whole stream by digests, and where that leaves much by sketches, to what differs, and compares that. */
async function compareStream(
  tools: ReconcileTools,
  { stream, sketches }: { readonly stream: Stream; readonly sketches: MirrorSketches | undefined },
  reading: Reading,
  cutoff: Instant,
  { compareRange, compareKeys }: Comparing,
): Promise<Result<void, ReconcileFailure>> {
  const { index, tuning, journal } = tools;
  const edges = index.edges(cutoff);
  const rows = index.rowCount(stream);
  /** Answers the digests where sketches did not settle it. */
  const bySketches = async (): Promise<Result<'settled' | readonly Digest[] | undefined, ReconcileFailure>> => {
    if (!sketches) return ok(undefined);
    const sketched = await askSketches(reading, journal.mirror, { stream, edges, rows, sketches });
    if (sketched.isErr()) return err(failureOf(sketched.error));
    const { digests, suspects } = sketched.value ?? {};
    if (!suspects) return ok(digests);
    if (suspects.keys.length === 0) return ok('settled');
    const met = await compareKeys(suspects.keys);
    return met.map((answer) => (allMet(suspects, answer) ? 'settled' : digests));
  };
  const isLarge = rows >= MANY * tuning.sketchRows;
  const early = isLarge ? await bySketches() : ok(undefined);
  if (early.isErr()) return err(early.error);
  if (early.value === 'settled') return ok();
  const digests = early.value ? ok(early.value) : await reading.digest(stream, edges);
  if (digests.isErr()) return err(clinicFailure(digests.error));
  const clinic = digests.value;
  const pieces = clinic
    ? differingPieces(stream, edges, clinic, index.digests(stream, edges))
    : allPieces(stream, edges);
  if (!isLarge && pieces.reduce((sum, piece) => sum + piece.rows, 0) >= tuning.sketchRows) {
    const late = await bySketches();
    if (late.isErr()) return err(late.error);
    if (late.value === 'settled') return ok();
  }
  if (pieces.length > 1) {
    const still = await reading.holdStill();
    if (still.isErr()) return err(clinicFailure(still.error));
  }
  const explained: { bucket: number; digest: Digest }[] = [];
  for (const { range, firstBucket, lastBucket } of pieces) {
    const equal = await compareRange(range);
    if (equal.isErr()) return err(equal.error);
    for (let bucket = firstBucket; bucket <= lastBucket; bucket++) {
      const digest = clinic?.[bucket];
      if (digest && equal.value) explained.push({ bucket, digest });
    }
  }
  if (explained.length > 0 && (await reading.isOneMoment())) {
    for (const { bucket, digest } of explained) index.explain(stream, edges, bucket, digest);
  }
  return ok();
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

function rowQuery(range: ScopeRange, cutoff: Instant) {
  return {
    stream: range.stream,
    endsAfter: cutoff,
    ...(range.from !== null && { startsFrom: range.from }),
    ...(range.to !== null && { startsBefore: range.to }),
    ...(range.practitionerId !== undefined && { practitionerIds: [range.practitionerId] }),
  };
}
