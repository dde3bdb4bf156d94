import { err, ok, type Result } from 'neverthrow';

import type { ReadRows } from '../adapters/adapter.js';
import type { Digest } from '../domain/digest.js';
import type { Instant } from '../domain/instant.js';
import type { RowKey, Stream } from '../domain/row.js';
import type { ScopeRange } from '../domain/scope.js';
import { askAhead, type AskedAhead, type MirrorSide } from './ask-ahead.js';
import { askMirror } from './call.js';
import type { Comparison } from './comparison.js';
import { clinicFailure, failureOf, mirrorFailure, type ReconcileFailure } from './failure.js';
import { allPieces, differingPieces } from './narrow.js';
import type { Reading } from './reading.js';
import type { ReconcileOrder, ReconcileTools } from './reconcile-order.js';
import { allMet, askSketches } from './sketched.js';

/** So many rows are read at once rather than summed up first. */
const FEW = 100;

/** So many times the rows from which on sketches pay: then they are asked without asking digests first. */
const MANY = 10;

/** What a scope is compared with. */
export interface Sides {
  readonly reading: Reading;
  readonly cutoff: Instant;
  readonly asked: AskedAhead | undefined;
}

/** Waits until the mirror can be compared with; what the clinic could be asked meanwhile comes with it. */
export async function awaitMirror(
  { index, tuning }: ReconcileTools,
  reading: Reading,
  side: MirrorSide | undefined,
): Promise<Result<AskedAhead | undefined, ReconcileFailure>> {
  if (!side) return ok(undefined);
  const order = { edges: index.mostEdges(side.cutoff), manyRows: MANY * tuning.sketchRows };
  return (await askAhead(reading, side, order)).mapErr(failureOf);
}

/** Reads the clinic within a scope, as little of it as tells the difference, and takes that into the comparison. */
export async function compareScope(
  tools: ReconcileTools,
  order: ReconcileOrder,
  { reading, cutoff, asked }: Sides,
  comparison: Comparison,
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
    const about = { stream, side: order.mirrorSide, asked: asked?.stream === stream ? asked : undefined };
    const compared = await compareStream(tools, about, { reading, cutoff }, { compareRange, compareKeys });
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
  { stream, side, asked }: { readonly stream: Stream; readonly side: MirrorSide | undefined } & Pick<Sides, 'asked'>,
  { reading, cutoff }: Pick<Sides, 'reading' | 'cutoff'>,
  { compareRange, compareKeys }: Comparing,
): Promise<Result<void, ReconcileFailure>> {
  const { index, tuning, journal } = tools;
  const edges = asked?.edges ?? index.edges(cutoff);
  const rows = index.rowCount(stream);
  /** Answers the digests where sketches did not settle it. */
  const bySketches = async (): Promise<Result<'settled' | readonly Digest[] | undefined, ReconcileFailure>> => {
    if (!side) return ok(undefined);
    const { sketches } = side;
    const sketched = await askSketches(reading, journal.mirror, { stream, edges, rows, sketches, asked });
    if (sketched.isErr()) return err(failureOf(sketched.error));
    const { digests, suspects } = sketched.value ?? {};
    if (!suspects) return ok(digests);
    if (suspects.keys.length === 0) return ok('settled');
    const met = await compareKeys(suspects.keys);
    return met.map((answer) => (allMet(suspects, answer) ? 'settled' : digests));
  };
  const isLarge = asked !== undefined || rows >= MANY * tuning.sketchRows;
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

function rowQuery(range: ScopeRange, cutoff: Instant) {
  return {
    stream: range.stream,
    endsAfter: cutoff,
    ...(range.from !== null && { startsFrom: range.from }),
    ...(range.to !== null && { startsBefore: range.to }),
    ...(range.practitionerId !== undefined && { practitionerIds: [range.practitionerId] }),
  };
}
