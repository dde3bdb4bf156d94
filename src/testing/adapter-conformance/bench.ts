import assert from 'node:assert/strict';

import type { ResultAsync } from 'neverthrow';

import type { ClinicAdapter, ClinicLink, ClinicReader, ReadRows } from '../../adapters/adapter.js';
import type { AdapterError, AdapterErrorCode } from '../../domain/errors.js';
import { MINUTE, type Instant } from '../../domain/instant.js';
import { keyText, STREAMS, streamOf, type ClinicRecord, type ClinicRow, type RowKey } from '../../domain/row.js';
import type { ScopeRange } from '../../domain/scope.js';
import { Random } from '../random.js';
import type { AdapterCapabilities, AdapterHarness, Receptionist, TestClinic } from './harness.js';
import { CUTOFF, RowMaker } from './samples.js';

export interface Case {
  readonly name: string;
  /** Registered where all of these are declared. */
  readonly needs?: readonly (keyof AdapterCapabilities)[];
  /** Draws from the seed. */
  readonly random?: boolean;
  run(bench: Bench): Promise<void>;
}

/** Within which every answer has to come. */
export const ANSWER_MS = 10_000;
export const NEVER = new AbortController().signal;

let links = 0;

/** One clinic and what cases do with it. */
export class Bench {
  readonly make: RowMaker;
  readonly random: Random;
  readonly #opened: ClinicLink[] = [];

  private constructor(
    readonly clinic: TestClinic,
    readonly capabilities: AdapterCapabilities,
    seed: number,
  ) {
    this.make = new RowMaker(clinic.zone, (row) => clinic.fit?.(row) ?? row);
    this.random = new Random(seed);
  }

  static async over(harness: AdapterHarness, capabilities: AdapterCapabilities, seed: number): Promise<Bench> {
    return new Bench(await harness.create(), capabilities, seed);
  }

  /** The finest step of time that the clinic's tables hold, in ms. */
  get grain(): number {
    return this.clinic.grainMs ?? MINUTE;
  }

  get receptionist(): Receptionist {
    return this.clinic.receptionist;
  }

  /** A link under a name of its own, so that no lock is in the way; closed when the case ends. */
  async connect(adapter: ClinicAdapter = this.clinic.adapter): Promise<ClinicLink> {
    const clinicId = `conformance-${String(process.pid)}-${String(++links)}`;
    const link = await ok(adapter.connect({ clinicId, signal: NEVER }));
    this.#opened.push(link);
    return link;
  }

  /** Adds one row, and answers with it as the adapter is to present it. */
  async insert(parts: Partial<ClinicRow> = {}): Promise<ClinicRow> {
    const [row] = await this.receptionist.insert([this.make.row(parts)]);
    if (!row) assert.fail('the harness inserted nothing');
    return row;
  }

  async dispose(): Promise<void> {
    for (const link of this.#opened) await link.close();
    await this.clinic.dispose();
  }
}

export const whole = (stream: 'busy' | 'session' = 'busy'): ScopeRange => ({ stream, from: null, to: null });

/** An answer, or a failure for an error, a rejection, or a silence. */
export async function ok<T>(answer: ResultAsync<T, AdapterError>): Promise<T> {
  const outcome = await within(answer);
  if (outcome.isErr()) assert.fail(`expected an answer, got ${outcome.error.code}`);
  return outcome.value;
}

/** The code of an error, or a failure for an answer, a rejection, or a silence. */
export async function refused(answer: ResultAsync<unknown, AdapterError>): Promise<AdapterErrorCode> {
  const outcome = await within(answer);
  if (outcome.isOk()) assert.fail('expected an error, got an answer');
  return outcome.error.code;
}

export async function within<T>(answer: PromiseLike<T>, ms = ANSWER_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new assert.AssertionError({ message: `no answer within ${String(ms)} ms` }));
    }, ms);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until it is true, or fails after the deadline. */
export async function eventually(what: string, check: () => Promise<boolean> | boolean, ms = 5_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await check())) {
    if (performance.now() > deadline) assert.fail(`not within ${String(ms)} ms: ${what}`);
    await pause(10);
  }
}

export async function recordsOf(
  reader: ClinicReader,
  range: ScopeRange = whole(),
  cutoff: Instant = CUTOFF,
): Promise<readonly ClinicRecord[]> {
  const read = await ok(reader.readRange({ range, cutoff, signal: NEVER }));
  assert.deepEqual(read.skipped, [], 'good rows were skipped');
  return read.records;
}

export async function rowsOf(
  reader: ClinicReader,
  range: ScopeRange = whole(),
  cutoff: Instant = CUTOFF,
): Promise<readonly ClinicRow[]> {
  return (await recordsOf(reader, range, cutoff)).map(({ row }) => row);
}

/** Both streams. */
export async function everything(reader: ClinicReader, cutoff: Instant = CUTOFF): Promise<readonly ClinicRecord[]> {
  const read = await Promise.all(STREAMS.map((stream) => recordsOf(reader, whole(stream), cutoff)));
  return read.flat();
}

/** `readKeys` of one stream; the case needs `readKeys`. */
export function readKeys(
  reader: ClinicReader,
  ids: readonly string[],
  { stream = 'busy', cutoff = CUTOFF }: { readonly stream?: 'busy' | 'session'; readonly cutoff?: Instant } = {},
): Promise<ReadRows> {
  const { readKeys: read } = reader;
  if (!read) assert.fail('readKeys is declared and not offered');
  return ok(read.call(reader, { stream, ids, cutoff, signal: NEVER }));
}

/** Equal as sets. */
export function sameRows(actual: readonly ClinicRow[], expected: readonly ClinicRow[], message?: string): void {
  const sorted = (rows: readonly ClinicRow[]) =>
    rows.map((row) => [keyText(streamOf(row), row.id), row] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(sorted(actual), sorted(expected), message);
}

export const keyOf = (row: ClinicRow): RowKey => ({ stream: streamOf(row), id: row.id });
