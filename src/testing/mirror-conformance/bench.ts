import assert from 'node:assert/strict';

import type { ResultAsync } from 'neverthrow';

import type { ErrorCode, MirrorError } from '../../domain/errors.js';
import type { StoredRow, Stream } from '../../domain/row.js';
import type { ClinicMirror, LoggedEvent, Mirror, MirrorCommit, ReplaceWriter } from '../../mirror/mirror.js';

/** Makes stores to test. */
export interface MirrorHarness {
  /** A new, empty store. */
  create(): Promise<MirrorStore>;
}

export interface MirrorStore {
  readonly mirror: Mirror;
  /** As after a crash: a new Mirror over what is stored by now, with every earlier one abandoned as it stands. */
  reopen(): Promise<Mirror>;
  /**
   * Another Mirror over the same store that opens what `mirror` has open, while that one can go on writing. Absent where the
   * store itself lets only one in.
   */
  takeOver?(): Promise<Mirror>;
  dispose(): Promise<void>;
}

/** `random`: draws from the seed. */
export interface Case {
  readonly name: string;
  readonly random?: boolean;
  run(bench: Bench): Promise<void>;
}

export const CLINIC = 'northcote';

/** One store and what cases do with it. */
export class Bench {
  readonly store: MirrorStore;
  readonly seed: number;
  #mirror: Mirror;
  #incarnations = 0;

  private constructor(store: MirrorStore, seed: number) {
    this.store = store;
    this.seed = seed;
    this.#mirror = store.mirror;
  }

  static async over(harness: MirrorHarness, seed: number): Promise<Bench> {
    return new Bench(await harness.create(), seed);
  }

  /** The present one. */
  get mirror(): Mirror {
    return this.#mirror;
  }

  async open(clinicId = CLINIC, mirror = this.#mirror): Promise<ClinicMirror> {
    return await ok(this.tryOpen(clinicId, mirror));
  }

  tryOpen(clinicId = CLINIC, mirror = this.#mirror): ResultAsync<ClinicMirror, MirrorError> {
    const incarnation = `incarnation-${String(++this.#incarnations)}`;
    return mirror.open({ clinicId, incarnation, signal: new AbortController().signal });
  }

  /** The process dies, and another one opens the clinic. */
  async crash(clinicId = CLINIC): Promise<ClinicMirror> {
    this.#mirror = await this.store.reopen();
    return this.open(clinicId);
  }

  async dispose(): Promise<void> {
    await this.store.dispose();
  }
}

export async function ok<T>(answer: ResultAsync<T, MirrorError>): Promise<T> {
  const outcome = await answer;
  if (outcome.isErr()) assert.fail(`expected an answer, got ${outcome.error.code}`);
  return outcome.value;
}

export async function refused(answer: ResultAsync<unknown, MirrorError>): Promise<ErrorCode> {
  const outcome = await answer;
  if (outcome.isOk()) assert.fail('expected an error, got an answer');
  return outcome.error.code;
}

export const change = (parts: Partial<MirrorCommit>): MirrorCommit => ({
  puts: [],
  removes: [],
  events: [],
  facts: {},
  ...parts,
});

export function commit(clinic: ClinicMirror, parts: Partial<MirrorCommit>): Promise<LoggedEvent[]> {
  return ok(clinic.commit(change(parts)));
}

/** Lays the rows anew in one go. */
export async function replaceBy(clinic: ClinicMirror, rows: readonly StoredRow[]): Promise<LoggedEvent[]> {
  const writer: ReplaceWriter = await ok(clinic.replaceAll());
  await ok(writer.add(rows));
  return ok(writer.commit(change({})));
}

/** Every row of both streams, by way of `rows`, `scan` and `countRows`, which have to agree. */
export async function contents(clinic: ClinicMirror): Promise<StoredRow[]> {
  const streams: readonly Stream[] = ['busy', 'session'];
  const found = await Promise.all(streams.map((stream) => ok(clinic.rows({ stream }))));
  const scanned: StoredRow[] = [];
  await ok(clinic.scan((page) => scanned.push(...page) > 0));
  const rows = found.flat();
  sameRows(scanned, rows);
  assert.equal(await ok(clinic.countRows()), rows.length);
  return rows;
}

/** Equal as sets. */
export function sameRows(actual: readonly StoredRow[], expected: readonly StoredRow[]): void {
  assert.deepEqual(sorted(actual), sorted(expected));
}

function sorted(rows: readonly StoredRow[]): StoredRow[] {
  const key = ({ row }: StoredRow) =>
    JSON.stringify([row.kind === 'session', row.id, row.start, row.end, row.practitionerIds]);
  return rows
    .map((row) => [key(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
}
