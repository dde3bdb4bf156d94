/**
 * The port to our durable copy of the clinics' futures. One `Mirror` may hold many clinics; a `ClinicMirror` is one clinic,
 * open in one process at a time. Outcomes are Results; nothing throws or rejects.
 *
 * **Atomic.** A commit's rows, events and facts become durable together or not at all, and are durable when it answers.
 * **Fenced.** Every opening gets a higher epoch, and a commit of an older epoch answers `Fenced` and changes nothing.
 * **Ordered.** The engine makes one change at a time and waits for its answer; reads may overlap and see the last commit.
 */
import type { ResultAsync } from 'neverthrow';

import type { Incarnation } from '../domain/cursor.js';
import type { Digest } from '../domain/digest.js';
import type { MirrorError } from '../domain/errors.js';
import type { EventBody } from '../domain/events.js';
import type { Instant } from '../domain/instant.js';
import type { Intent } from '../domain/intent.js';
import type { RowIdentity, RowKey, StoredRow, Stream } from '../domain/row.js';

export interface Mirror {
  /** The store's name, such as `sqlite`; for status and documentation only. */
  readonly store: string;
  /**
   * Opens one clinic's copy, creating it empty. Begins a new incarnation. `MirrorInUse` while it is open elsewhere;
   * `MirrorCorrupt` when its facts cannot be read: {@link Mirror.discard} it then.
   */
  open(options: OpenMirror): ResultAsync<ClinicMirror, MirrorError>;
  /** Throws one clinic's copy away, rows, log and facts, so that `open` starts afresh. Legal only while it is not open. */
  discard(clinicId: string): ResultAsync<void, MirrorError>;
  /**
   * Opens one clinic's copy to look at it alone, without becoming its owner: no incarnation begins, and rows, log and facts stay as they
   * are. `undefined`: there is no copy. `MirrorInUse` where the store cannot be read while its owner has it. Absent: the store cannot
   * do this.
   */
  inspect?(clinicId: string): ResultAsync<MirrorInspection | undefined, MirrorError>;
}

/** A clinic's copy, open for reading alone. */
export interface MirrorInspection extends Pick<ClinicMirror, 'facts' | 'head' | 'countRows' | 'scan'> {
  /** Idempotent. */
  close(): ResultAsync<void, MirrorError>;
}

export interface OpenMirror {
  readonly clinicId: string;
  /** The id of the incarnation that begins: unique for ever, 4 to 64 of `A-Za-z0-9_-`. */
  readonly incarnation: string;
  readonly signal: AbortSignal;
}

/** What the mirror remembers of a clinic beside rows and log. */
export interface MirrorFacts {
  /** The instant from which the copy holds the future; `null` before the first copy. */
  readonly cutoff: Instant | null;
  /** The adapter's `mappingId` that the rows were read with. */
  readonly mappingId: string | null;
  readonly clinicDatabase: string | null;
  readonly clinicPosition: string | null;
  /** The last instant at which the copy was known to equal the clinic. */
  readonly verifiedAt: Instant | null;
  /** The digest of all rows' hashes as of the last commit of rows, so that rows which vanish or appear on disk show; `null`: unknown. */
  readonly contents: Digest | null;
  /** False from the first commit of an owner until it closes in order. */
  readonly closedInOrder: boolean;
  /** A host's hold on bookings, which survives restarts. */
  readonly heldByHost: boolean;
}

export const NO_FACTS: MirrorFacts = {
  cutoff: null,
  mappingId: null,
  clinicDatabase: null,
  clinicPosition: null,
  verifiedAt: null,
  contents: null,
  closedInOrder: true,
  heldByHost: false,
};

/** One atomic change. Removals happen before puts. */
export interface MirrorCommit {
  readonly puts: readonly StoredRow[];
  readonly removes: readonly RowKey[];
  /** Records of bookings and deletions, each put in the place of what its key had, which it keeps in the order. Absent: none. */
  readonly intents?: readonly Intent[];
  /** Appended to the log in this order, numbered on from the last. */
  readonly events: readonly EventBody[];
  readonly facts: Partial<MirrorFacts>;
  /** Removes the rows that end at or before this instant as well. */
  readonly pruneEndedBy?: Instant;
}

/** An appointment that we made. */
export interface OwnBooking {
  /** The idempotency key. */
  readonly key: string;
  /** The version that was booked. */
  readonly row: RowIdentity;
}

/** An event with its place in the log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly body: EventBody;
}

/** Rows of one stream; every part narrows. */
export interface RowQuery {
  readonly stream: Stream;
  /** Start, inclusive. */
  readonly startsFrom?: Instant;
  /** Start, exclusive. */
  readonly startsBefore?: Instant;
  /** End, exclusive: only rows that end after this instant. */
  readonly endsAfter?: Instant;
  /** Only rows of at least one of these. */
  readonly practitionerIds?: readonly string[];
}

/** Lays all rows anew in bounded memory. Nothing shows until `commit`. */
export interface ReplaceWriter {
  /** A key that was added before is replaced. Answers the rows whose places these took, in any order; mostly none. */
  add(rows: readonly StoredRow[]): ResultAsync<readonly StoredRow[], MirrorError>;
  /** Replaces every row by those added, with the rest of the commit; `puts` and `removes` must be empty. */
  commit(rest: MirrorCommit): ResultAsync<LoggedEvent[], MirrorError>;
  /** Forgets what was added. Harmless after `commit`. */
  abort(): ResultAsync<void, MirrorError>;
}

export interface ClinicMirror {
  readonly clinicId: string;
  /** This opening's number, higher than every one before. */
  readonly epoch: number;
  /** All incarnations that the log still reaches back to, oldest first; the last one is this opening's. */
  readonly lineage: readonly Incarnation[];
  /** The facts as of the last commit. */
  readonly facts: MirrorFacts;
  /** The seq of the last event ever logged; 0 before the first. */
  readonly head: number;
  /** The seq of the oldest event that the log still holds; `head + 1` when it holds none. */
  readonly oldest: number;

  /** In order of start, then id. */
  rows(query: RowQuery): ResultAsync<StoredRow[], MirrorError>;
  /** Those of the keys that exist, in any order. */
  rowsByKey(keys: readonly RowKey[]): ResultAsync<StoredRow[], MirrorError>;
  /** How many rows there are in all. */
  countRows(): ResultAsync<number, MirrorError>;
  /** The ids of all practitioners that any row names, sorted. */
  practitioners(): ResultAsync<string[], MirrorError>;
  /** Calls `visit` with every row, page by page, in bounded memory. Stops at its first `false`. */
  scan(visit: (page: readonly StoredRow[]) => boolean): ResultAsync<void, MirrorError>;

  /** What is recorded under an idempotency key; `undefined`: nothing. */
  intent(key: string): ResultAsync<Intent | undefined, MirrorError>;
  /** All that are not `closed`, in the order in which they were recorded. */
  openIntents(): ResultAsync<Intent[], MirrorError>;
  /** Those of these appointments that a closed intent booked, in any order. */
  bookingsOf(ids: readonly string[]): ResultAsync<OwnBooking[], MirrorError>;
  /** Forgets closed intents that are kept until before this instant; see `keptUntil` of `domain/intent.ts`. */
  trimIntents(before: Instant): ResultAsync<void, MirrorError>;

  /** Answers with the events as logged. `MirrorFull` and `MirrorFailed` change nothing and may be tried again. */
  commit(commit: MirrorCommit): ResultAsync<LoggedEvent[], MirrorError>;
  /** One at a time; a second one aborts the first. */
  replaceAll(): ResultAsync<ReplaceWriter, MirrorError>;

  /** Events after `seq`, in order, at most `limit`. The caller has checked that `seq >= oldest - 1`. */
  events(after: number, limit: number): ResultAsync<LoggedEvent[], MirrorError>;
  /** Forgets events observed before this instant, oldest first; `head` stays. */
  trimLog(before: Instant): ResultAsync<void, MirrorError>;

  /** Releases the clinic, whatever the answer. With `inOrder`, notes first that nothing was under way. Idempotent. */
  close(inOrder: boolean): ResultAsync<void, MirrorError>;
}
