import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';

import {
  MAX_KEYS_PER_READ,
  type ClinicLink,
  type ClinicReader,
  type ClinicSnapshot,
  type ReadRows,
  type ReadSketch,
  type UnknownStatus,
} from '../adapters/adapter.js';
import type { Digest } from '../domain/digest.js';
import type { AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import { keyText, STREAMS, type RowKey, type Stream } from '../domain/row.js';
import type { ScopeRange } from '../domain/scope.js';
import { askClinic, unreadable } from './call.js';
import type { Governor } from './governor.js';
import type { Pace } from './pace.js';
import type { Runtime } from './runtime.js';
import type { Tuning } from './tuning.js';

export interface ReadingTools {
  readonly link: ClinicLink;
  readonly governor: Governor;
  readonly runtime: Runtime;
  readonly tuning: Tuning;
}

/** How much of the clinic a reading is of. `still`: everything, and as of one moment if the engine can give that. */
export type Extent = 'part' | 'whole' | 'still';

/** One reading of the clinic, statement by statement or of one moment. Knows the pulse as of before its first row. */
export class Reading {
  private snapshot: ClinicSnapshot | null = null;

  private constructor(
    private readonly tools: ReadingTools,
    private readonly cutoff: Instant,
    private readonly signal: AbortSignal,
    private readonly pace: Pace | undefined,
    /** `null` when the link has no pulse, or the reading is of a part only. */
    readonly baseline: string | null,
    private isStill: boolean,
  ) {}

  /**
   * Takes the pulse, or begins with a snapshot where there is none or one is asked for. In this order, always: a pulse taken after the
   * first row would cover up a commit in between. A part needs neither. What narrows everything down is a statement or two, which need no
   * snapshot and none of its round trips.
   */
  static async open(
    tools: ReadingTools,
    cutoff: Instant,
    { extent, signal, pace }: { extent: Extent; signal: AbortSignal; pace?: Pace | undefined },
  ): Promise<Result<Reading, AdapterError>> {
    const { link } = tools;
    const reading = (baseline: string | null, isStill = false) =>
      new Reading(tools, cutoff, signal, pace, baseline, isStill);
    if (extent === 'part') return ok(reading(null));
    if (!link.openSnapshot || (link.pulse && extent === 'whole'))
      return (await readPulse(tools, signal)).map((pulse) => reading(pulse));
    const snapshot = await openSnapshot(tools, signal);
    return snapshot.map((held) => {
      const still = reading(held?.pulse ?? null, true);
      still.snapshot = held ?? null;
      return still;
    });
  }

  /** As of now: a snapshot may be given back while a call waits for its turn. */
  private get reader(): ClinicReader {
    return this.snapshot ?? this.tools.link;
  }

  get isSnapshot(): boolean {
    return this.snapshot !== null;
  }

  /** Reads what follows as of one moment, if the engine can give that: a row that moves meanwhile would else be missed, or seen twice. */
  async holdStill(): Promise<Result<void, AdapterError>> {
    if (this.snapshot) return ok();
    const snapshot = await openSnapshot(this.tools, this.signal);
    return snapshot.map((held) => {
      this.snapshot = held ?? null;
    });
  }

  range(range: ScopeRange): Promise<Result<ReadRows, AdapterError>> {
    return this.ask((signal) => this.reader.readRange({ range, cutoff: this.cutoff, signal }));
  }

  /** `undefined` when the adapter computes none. `to`: the last edge, where nothing behind it is asked for. */
  async digest(
    stream: Stream,
    edges: readonly Instant[],
    to?: Instant,
  ): Promise<Result<readonly Digest[] | undefined, AdapterError>> {
    if (!this.reader.digest) return ok(undefined);
    const read = { stream, edges, ...(to !== undefined && { to }), cutoff: this.cutoff };
    const answer = await this.ask((signal) => this.reader.digest?.({ ...read, signal }) ?? errAsync(unreadable()));
    return answer.andThen((digests) => mustBeWhole(digests, edges, digests));
  }

  /** Digests with a sketch; `undefined` when the adapter computes none. */
  async sketch(
    stream: Stream,
    edges: readonly Instant[],
    cells: number,
  ): Promise<Result<ReadSketch | undefined, AdapterError>> {
    if (!this.reader.sketch) return ok(undefined);
    const read = { stream, edges, cutoff: this.cutoff, cells };
    const answer = await this.ask((signal) => this.reader.sketch?.({ ...read, signal }) ?? errAsync(unreadable()));
    return answer.andThen((both) => mustBeWhole(both.digests, edges, both));
  }

  /** False where rows are picked out of a read of everything, which may be torn. */
  get keysAreRead(): boolean {
    return this.tools.link.readKeys !== undefined;
  }

  /** The rows that have these keys **now**, whatever moment this reading is of. */
  async keysNow(keys: readonly RowKey[]): Promise<Result<ReadRows, AdapterError>> {
    const { link } = this.tools;
    const { cutoff } = this;
    const records: ReadRows['records'][number][] = [];
    const skipped: ReadRows['skipped'][number][] = [];
    const unknown: UnknownStatus[] = [];
    const wanted = new Set(keys.map(({ stream, id }) => keyText(stream, id)));
    const readKeys = link.readKeys?.bind(link);
    for (const stream of STREAMS) {
      const ids = keys.filter((key) => key.stream === stream).map(({ id }) => id);
      for (let first = 0; first < ids.length; first += readKeys ? MAX_KEYS_PER_READ : ids.length) {
        const answer = await this.ask((signal) =>
          readKeys
            ? readKeys({ stream, ids: ids.slice(first, first + MAX_KEYS_PER_READ), cutoff, signal })
            : link.readRange({ range: { stream, from: null, to: null }, cutoff, signal }),
        );
        if (answer.isErr()) return err(answer.error);
        records.push(...answer.value.records.filter(({ row }) => wanted.has(keyText(stream, row.id))));
        unknown.push(...(answer.value.unknown ?? []));
        skipped.push(...answer.value.skipped.filter(({ key }) => wanted.has(keyText(stream, key.id))));
      }
    }
    return ok({ records, skipped, unknown });
  }

  /** Whether everything read so far is certainly of one and the same moment. */
  async isOneMoment(): Promise<boolean> {
    if (this.isStill) return true;
    if (this.baseline === null) return false;
    const pulse = await readPulse(this.tools, this.signal);
    return pulse.isOk() && pulse.value === this.baseline;
  }

  async close(): Promise<void> {
    await this.snapshot?.close();
  }

  private async ask<T>(call: (signal: AbortSignal) => ResultAsync<T, AdapterError>): Promise<Result<T, AdapterError>> {
    const { runtime, tuning, governor } = this.tools;
    const { pace } = this;
    if (pace) {
      await governor.rest(this.signal);
      await this.turn(pace);
    }
    const began = runtime.monotonic();
    const answer = await askClinic(runtime, tuning.readTimeoutMs, this.signal, call);
    const took = runtime.monotonic() - began;
    if (!pace) governor.charge(took);
    else {
      governor.tired(took, pace.load);
      await this.turn(pace);
    }
    return answer;
  }

  /**
   * Waits for its turn. While others have theirs, which may take minutes, nothing is held at the clinic: a server ends what holds a
   * transaction open and does nothing, and with it goes the link. What is read after that may be torn.
   */
  private async turn(pace: Pace): Promise<void> {
    if (pace.isOver && this.snapshot) {
      const { snapshot } = this;
      this.snapshot = null;
      this.isStill = false;
      await snapshot.close();
    }
    await pace.turn(this.signal);
  }
}

/** A digest that is missing would read as one that does not differ. */
function mustBeWhole<T>(digests: unknown, edges: readonly Instant[], answer: T): Result<T, AdapterError> {
  return Array.isArray(digests) && digests.length === edges.length + 1 ? ok(answer) : err(unreadable());
}

/** `undefined` where the engine has none. */
async function openSnapshot(
  { link, runtime, tuning }: ReadingTools,
  signal: AbortSignal,
): Promise<Result<ClinicSnapshot | undefined, AdapterError>> {
  const open = link.openSnapshot?.bind(link);
  return open ? askClinic(runtime, tuning.requestTimeoutMs, signal, open) : ok(undefined);
}

async function readPulse(tools: ReadingTools, signal: AbortSignal): Promise<Result<string | null, AdapterError>> {
  const { link, runtime, tuning } = tools;
  const pulse = link.pulse?.bind(link);
  return pulse ? askClinic(runtime, tuning.requestTimeoutMs, signal, pulse) : ok(null);
}
