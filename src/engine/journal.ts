import { ok, type Result } from 'neverthrow';

import { formatCursor, type Cursor } from '../domain/cursor.js';
import type { MirrorError } from '../domain/errors.js';
import type { ClinicEvent, EventBody } from '../domain/events.js';
import type { Intent } from '../domain/intent.js';
import type { RowKey, StoredRow } from '../domain/row.js';
import type { SlotRef } from '../domain/slot.js';
import type { ClinicMirror, LoggedEvent, MirrorCommit, MirrorFacts, ReplaceWriter } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import { Tentative } from './tentative.js';

/** What a commit changes; everything absent stays. */
export interface Change {
  readonly puts?: readonly StoredRow[];
  readonly removes?: readonly RowKey[];
  readonly events?: readonly EventBody[];
  readonly intents?: readonly Intent[];
  readonly facts?: Partial<MirrorFacts>;
  readonly pruneEndedBy?: number;
}

/**
 * The one way into the mirror: commits go through one at a time, and what a commit told is published after it is durable, in
 * the order of the log. Whatever was not committed was never told.
 */
export class Journal {
  private tail: Promise<unknown> = Promise.resolve();

  /** `intents`: those that the mirror has open. `onPromise` hears of slots that were promised or are free again. */
  constructor(
    readonly mirror: ClinicMirror,
    intents: readonly Intent[],
    private readonly publish: (events: readonly ClinicEvent[]) => void,
    private readonly onPromise: (slots: readonly SlotRef[]) => void,
  ) {
    this.tentative = new Tentative(intents);
  }

  readonly tentative: Tentative;
  private ended = 0;

  /** Another number once anything may have been committed: rows read before it changed may not be what the mirror has now. */
  get version(): number {
    return this.ended;
  }

  get facts(): MirrorFacts {
    return this.mirror.facts;
  }

  /** The place after the last event. */
  get cursor(): Cursor {
    const { lineage, head } = this.mirror;
    return formatCursor({ incarnation: lineage.at(-1)?.id ?? 'none', seq: head });
  }

  commit(change: Change): Promise<Result<readonly ClinicEvent[], MirrorError>> {
    return this.exclusively(() => this.write(change, (whole) => this.mirror.commit(whole)));
  }

  /**
   * Commits a change that is worked out from the mirror as it stands, with no other commit in between. `applied` takes it into
   * what is kept beside the mirror, before the next change is worked out and before anybody is told.
   */
  commitFrom<E>(
    decide: () => Promise<Result<Change | undefined, E>>,
    applied: () => void,
  ): Promise<Result<readonly ClinicEvent[], E | MirrorError>> {
    return this.exclusively(async () => {
      const change = await decide();
      if (change.isErr()) return change.map(() => []);
      const { value } = change;
      return value === undefined ? ok([]) : this.write(value, (whole) => this.mirror.commit(whole), applied);
    });
  }

  /** Finishes a replacement of all rows; `applied` as with {@link commitFrom}. */
  commitReplace(
    writer: ReplaceWriter,
    change: Change,
    applied: () => void,
  ): Promise<Result<readonly ClinicEvent[], MirrorError>> {
    return this.exclusively(() => this.write(change, (whole) => writer.commit(whole), applied));
  }

  /** All rows, and the place in the log that they are of, with no commit in between. */
  snapshot(): Promise<Result<{ rows: readonly StoredRow[]; cursor: Cursor }, MirrorError>> {
    return this.exclusively(async () => {
      const rows: StoredRow[] = [];
      const { cursor } = this;
      const scanned = await askMirror(() =>
        this.mirror.scan((page) => {
          rows.push(...page);
          return true;
        }),
      );
      return scanned.map(() => ({ rows, cursor }));
    });
  }

  /** Forgets events observed, and requests closed, before this instant. */
  trim(before: number): Promise<Result<void, MirrorError>> {
    return this.exclusively(async () => {
      const trimmed = await askMirror(() => this.mirror.trimLog(before));
      return trimmed.isErr() ? trimmed : askMirror(() => this.mirror.trimIntents(before));
    });
  }

  /** Runs work during which nothing is committed. */
  undisturbed<T>(work: () => Promise<T>): Promise<T> {
    return this.exclusively(work);
  }

  /** Closes the mirror after the commit under way. */
  close(inOrder: boolean): Promise<Result<void, MirrorError>> {
    return this.exclusively(() => askMirror(() => this.mirror.close(inOrder)));
  }

  /** Resolves when no commit is under way. */
  async settled(): Promise<void> {
    await this.tail;
  }

  /** Names the incarnation that logged the event, so that the cursor says which history it belongs to. */
  toEvent(logged: LoggedEvent): ClinicEvent {
    const { lineage, clinicId } = this.mirror;
    const incarnation = lineage.findLast(({ fromSeq }) => fromSeq < logged.seq) ?? lineage[0];
    const cursor = formatCursor({ incarnation: incarnation?.id ?? 'none', seq: logged.seq });
    return { ...logged.body, clinicId, cursor };
  }

  private async write(
    change: Change,
    commit: (whole: MirrorCommit) => ReturnType<ClinicMirror['commit']>,
    applied?: () => void,
  ): Promise<Result<readonly ClinicEvent[], MirrorError>> {
    const logged = await askMirror(() => commit(complete(change)));
    // After it, whatever became of it: who reads the mirror meanwhile may see either.
    this.ended++;
    return logged.map((events) => {
      applied?.();
      const promised = this.tentative.take(change.intents ?? []);
      const told = events.map((event) => this.toEvent(event));
      if (told.length > 0) this.publish(told);
      if (promised.length > 0) this.onPromise(promised);
      return told;
    });
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.tail.then(work);
    this.tail = run.catch(() => undefined);
    return run;
  }
}

function complete(change: Change): MirrorCommit {
  const { puts = [], removes = [], events = [], intents = [], facts = {}, pruneEndedBy } = change;
  return { puts, removes, events, intents, facts, ...(pruneEndedBy !== undefined && { pruneEndedBy }) };
}
