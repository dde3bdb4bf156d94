/**
 * The port to a clinic's database. An adapter must be able to connect and to read rows in a range; everything else is
 * optional and has a working, dearer fallback. `registerAdapterConformance` of `clinic-sync/testing` checks one.
 *
 * Rules for every method: it never throws and never rejects, outcomes are Results. It gives up when its signal aborts
 * (answering `Aborted`) and may leave the statement to end by its own timeout at the server. Errors carry the driver's code,
 * never its message. Calls of one link may overlap; the engine makes at most a handful at a time.
 */
import type { EventEmitter } from 'eventemitter3';
import type { ResultAsync } from 'neverthrow';

import type { ClinicDescription } from '../domain/description.js';
import type { Digest } from '../domain/digest.js';
import type { AdapterError } from '../domain/errors.js';
import type { Instant } from '../domain/instant.js';
import type { ClinicRecord, RowKey, Stream } from '../domain/row.js';
import type { Scope, ScopeRange } from '../domain/scope.js';
import type { Sketch } from '../domain/sketch.js';
import type { ClinicWriter } from './writer.js';

export interface ClinicAdapter {
  /** The engine's name, such as `postgres`; for status and documentation only. */
  readonly engine: string;
  /**
   * Changes when rows are mapped differently than before: a hash of the mapping. A mirror filled under another mapping is laid
   * anew, without calling that a change at the clinic.
   */
  readonly mappingId: string;
  /** The IANA zone whose midnights divide the clinic's days. */
  readonly zone: string;
  /** True when `session` rows can be read; otherwise the session stream is empty and no slot is offered. */
  readonly hasSessions: boolean;
  /**
   * Opens a link, checks the mapping against the database, and measures what this login can do. Called again after every loss,
   * never while another link of the same adapter is open. Rejects nothing: `SchemaMismatch` and `PermissionDenied` are final
   * until somebody acts, everything else is tried again.
   */
  connect(options: ConnectOptions): ResultAsync<ClinicLink, AdapterError>;
  /**
   * Looks at the clinic's database with the login that reads: what is there, what is chosen because of it, and what would make it
   * better. Takes no lock and writes nothing, so it can be asked beside a running link. The same errors as `connect`, but
   * `ClinicInUse`.
   */
  describe?(signal: AbortSignal): ResultAsync<ClinicDescription, AdapterError>;
}

export interface ConnectOptions {
  /** Names the lock that the owner of this clinic holds at its database, where the engine has one. */
  readonly clinicId: string;
  readonly signal: AbortSignal;
}

/** Who answers. */
export interface ClinicIdentity {
  /** Stays the same for as long as it is the same database; differs for another server or a restored copy under a new file. */
  readonly database: string;
  /** A decimal number that never falls during the database's life (a transaction counter), so that an older past shows. `null`: none. */
  readonly position: string | null;
}

/** What the adapter tells the engine unasked. */
export interface LinkEvents {
  /** Something may have changed within `scope`. May be lost, late, repeated or wrong: it is only a place to look. */
  hint: (scope: Scope) => void;
  /** The connection ended by itself. At most once; not after `close`. */
  lost: (error: AdapterError) => void;
  /** Push stopped working while the connection goes on: no more hints are to be expected. At most once. */
  pushLost: () => void;
}

/** One read of rows in a range. */
export interface RangeRead {
  readonly range: ScopeRange;
  /** Only rows that end after this instant. */
  readonly cutoff: Instant;
  readonly signal: AbortSignal;
}

/** One read of rows by key. */
export interface KeysRead {
  readonly stream: Stream;
  /** At most {@link MAX_KEYS_PER_READ}. */
  readonly ids: readonly string[];
  readonly cutoff: Instant;
  readonly signal: AbortSignal;
}

export const MAX_KEYS_PER_READ = 500;

/** A row that could not be decoded: where and why, never its content. */
export interface SkippedRow {
  readonly key: RowKey;
  /** The field of the mapping, such as `start`. */
  readonly field: string;
  /** What it breaks, such as `not a time`. */
  readonly rule: string;
}

/** A status of the clinic's that the mapping does not name, so that it counts as busy. */
export interface UnknownStatus {
  /** The mapped table, such as `appointments`. */
  readonly table: string;
  readonly value: string;
}

export interface ReadRows {
  /** In any order. A row may appear twice if the read is not one statement; the engine then reads again. */
  readonly records: readonly ClinicRecord[];
  readonly skipped: readonly SkippedRow[];
  /** Each as often as it was met. Absent: none. */
  readonly unknown?: readonly UnknownStatus[];
}

export interface DigestRead {
  readonly stream: Stream;
  /** Ascending; bucket 0 is everything that starts before the first edge, the last bucket everything from the last edge on. */
  readonly edges: readonly Instant[];
  /** The last edge, where only the buckets before it are asked for: what starts later need not be read, and the last digest means nothing. */
  readonly to?: Instant;
  readonly cutoff: Instant;
  readonly signal: AbortSignal;
}

/** One read of sums from which single rows can be told. */
export interface SketchRead extends Omit<DigestRead, 'to'> {
  /** Of each half of a {@link Sketch}; a power of two. */
  readonly cells: number;
}

export interface ReadSketch {
  /** What `digest` would answer. */
  readonly digests: readonly Digest[];
  /** Of the same rows. */
  readonly sketch: Sketch;
}

/** How the ids of one stream are whole numbers in sketches. */
export interface SketchIds {
  /** How many to an id. */
  readonly words: number;
  /** From 0 to 2^32 each; `undefined` for an id that has none, so that no sketch can be compared. */
  wordsOf(id: string): readonly number[] | undefined;
  /** `undefined` for numbers that are no id's. */
  idOf(words: readonly number[]): string | undefined;
}

/** What can be read, either now ({@link ClinicLink}) or as of one moment ({@link ClinicSnapshot}). */
export interface ClinicReader {
  /** All rows whose start lies in the range, with the committed content of one moment if it is a single statement. */
  readRange(read: RangeRead): ResultAsync<ReadRows, AdapterError>;
  /**
   * The rows that have these ids now, wherever they start, undecodable ones under `skipped`. Absent: the engine reads the whole
   * future and picks. It is what confirms a deletion, so it must read past every cache and snapshot older than the call.
   */
  readKeys?(read: KeysRead): ResultAsync<ReadRows, AdapterError>;
  /**
   * `edges.length + 1` digests over the same rows that `readRange` would give, undecodable ones included: the sums of their
   * {@link ClinicRecord.hash}es. Absent: the engine compares rows.
   */
  digest?(read: DigestRead): ResultAsync<readonly Digest[], AdapterError>;
  /**
   * Digests, and a sketch of the same rows, read as one: undecodable rows included, with the ids as {@link ClinicLink.sketchIds} puts them.
   * Asked in a resync of many rows, so that what is read follows the difference; what it tells is only a place to look. Absent, as where
   * a link has no `sketchIds` for the stream: days that differ are read whole.
   */
  sketch?(read: SketchRead): ResultAsync<ReadSketch, AdapterError>;
}

/** Reads of one and the same moment. Held for as short as possible; the engine always closes it. */
export interface ClinicSnapshot extends ClinicReader {
  /** The pulse as of the snapshot, or `null` when the link has none. */
  readonly pulse: string | null;
  close(): ResultAsync<void, never>;
}

/** One connection's life. */
export interface ClinicLink extends ClinicReader {
  readonly identity: ClinicIdentity;
  readonly events: EventEmitter<LinkEvents>;
  /** True while hints come for every change of every mapped table. */
  readonly push: boolean;
  /** Of the streams that sketches can be read of. */
  readonly sketchIds?: Partial<Readonly<Record<Stream, SketchIds>>>;
  /**
   * The clinic's clock, with nothing cached. Also the heartbeat: it must make a round trip, and must not wait behind a long
   * read of the same link.
   */
  now(signal: AbortSignal): ResultAsync<Instant, AdapterError>;
  /**
   * A text that differs from every earlier one of this link whenever a transaction that touched anything became visible in
   * between. *Commit-exact*: it may change without reason, never after the change can be read, and before that by a moment at the most
   * (the engine looks once more `trailingLookMs` after it moved). Costs next to nothing. Valid within this link only. Absent: the engine sweeps.
   */
  pulse?(signal: AbortSignal): ResultAsync<string, AdapterError>;
  /**
   * Answers with the pulse as soon as it differs from `base`, or with the present one after about `maxWaitMs`. A server that has nothing to
   * wake it looks about every `everyMs` (default 10).
   */
  awaitPulse?(
    base: string,
    maxWaitMs: number,
    signal: AbortSignal,
    everyMs?: number,
  ): ResultAsync<string, AdapterError>;
  /**
   * The keys of rows that have come since the last call of this link, as far as a look at the highest ids shows it: a pull for
   * hints, asked when the pulse moved. May miss any and name too many, costs next to nothing, answers at most
   * {@link MAX_KEYS_PER_READ}. Absent: a change waits for the look at everything.
   */
  newKeys?(signal: AbortSignal): ResultAsync<readonly RowKey[], AdapterError>;
  /** Absent: reads of several statements can be torn, and the engine reckons with it. */
  openSnapshot?(signal: AbortSignal): ResultAsync<ClinicSnapshot, AdapterError>;
  /** Absent: this login may only read, or the mapping does not say how to write. */
  readonly writer?: ClinicWriter;
  /**
   * Ends everything that `connect` opened, waits in the server included; what the caller passed in stays open. When it answers, the
   * clinic's lock is free for the next link. Never fails; idempotent.
   */
  close(): ResultAsync<void, never>;
}
