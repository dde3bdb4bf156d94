import { errAsync, okAsync, type ResultAsync } from 'neverthrow';

import type { Incarnation } from '../../domain/cursor.js';
import { fault, type MirrorError } from '../../domain/errors.js';
import type { EventBody } from '../../domain/events.js';
import type { Instant } from '../../domain/instant.js';
import { keptUntil, type Intent } from '../../domain/intent.js';
import { keyText, streamOf, type RowKey, type StoredRow } from '../../domain/row.js';
import type {
  ClinicMirror,
  LoggedEvent,
  MirrorCommit,
  MirrorFacts,
  OwnBooking,
  ReplaceWriter,
  RowQuery,
} from '../mirror.js';
import { checksum, type Shelf } from './shelf.js';

const PAGE = 1_000;

/** One clinic of a memory mirror, open. */
export class OpenShelf implements ClinicMirror {
  readonly epoch: number;
  private writer: object | null = null;

  constructor(
    readonly clinicId: string,
    private readonly shelf: Shelf,
  ) {
    this.epoch = shelf.epoch;
  }

  get lineage(): readonly Incarnation[] {
    return this.shelf.lineage;
  }

  get facts(): MirrorFacts {
    return this.shelf.facts;
  }

  get head(): number {
    return this.shelf.head;
  }

  get oldest(): number {
    return this.shelf.log[0]?.seq ?? this.shelf.head + 1;
  }

  rows(query: RowQuery): ResultAsync<StoredRow[], MirrorError> {
    return okAsync(this.shelf.find(query));
  }

  rowsByKey(keys: readonly RowKey[]): ResultAsync<StoredRow[], MirrorError> {
    const rows = keys.map(({ stream, id }) => this.shelf.rows.get(keyText(stream, id)));
    return okAsync([...new Set(rows.filter((row) => row !== undefined))]);
  }

  countRows(): ResultAsync<number, MirrorError> {
    return okAsync(this.shelf.rows.size);
  }

  practitioners(): ResultAsync<string[], MirrorError> {
    return okAsync(this.shelf.practitioners());
  }

  scan(visit: (page: readonly StoredRow[]) => boolean): ResultAsync<void, MirrorError> {
    const rows = [...this.shelf.rows.values()];
    for (let first = 0; first < rows.length; first += PAGE) {
      if (!visit(rows.slice(first, first + PAGE))) break;
    }
    return okAsync(undefined);
  }

  commit(commit: MirrorCommit): ResultAsync<LoggedEvent[], MirrorError> {
    if (!this.isOwner()) return errAsync(fault('Fenced'));
    return okAsync(this.shelf.apply({ ...commit, facts: { closedInOrder: false, ...commit.facts } }));
  }

  replaceAll(): ResultAsync<ReplaceWriter, MirrorError> {
    const staged = new Map<string, StoredRow>();
    const writer: ReplaceWriter = {
      add: (rows) => {
        const replaced: StoredRow[] = [];
        for (const stored of rows) {
          const key = keyText(streamOf(stored.row), stored.row.id);
          const earlier = staged.get(key);
          if (earlier) replaced.push(earlier);
          staged.set(key, stored);
        }
        return okAsync(replaced);
      },
      commit: (rest) => {
        if (!this.isOwner()) return errAsync(fault('Fenced'));
        if (this.writer !== writer)
          return errAsync(fault('MirrorFailed', 'This replacement was given up for a newer one.'));
        this.writer = null;
        this.shelf.clearRows();
        return this.commit({ ...rest, puts: [...staged.values()], removes: [] });
      },
      abort: () => {
        if (this.writer === writer) this.writer = null;
        staged.clear();
        return okAsync(undefined);
      },
    };
    this.writer = writer;
    return okAsync(writer);
  }

  events(after: number, limit: number): ResultAsync<LoggedEvent[], MirrorError> {
    const first = Math.max(0, after + 1 - this.oldest);
    const entries = this.shelf.log.slice(first, first + limit);
    if (entries.some(({ text, sum }) => checksum(text) !== sum)) return errAsync(fault('MirrorCorrupt'));
    return okAsync(entries.map(({ seq, text }) => ({ seq, body: JSON.parse(text) as EventBody })));
  }

  intent(key: string): ResultAsync<Intent | undefined, MirrorError> {
    const text = this.shelf.intents.get(key);
    return okAsync(text === undefined ? undefined : (JSON.parse(text) as Intent));
  }

  openIntents(): ResultAsync<Intent[], MirrorError> {
    return okAsync(this.allIntents().filter(({ state }) => state !== 'closed'));
  }

  bookingsOf(ids: readonly string[]): ResultAsync<OwnBooking[], MirrorError> {
    const wanted = new Set(ids);
    return okAsync(
      this.allIntents().flatMap(({ key, outcome }) =>
        outcome?.result === 'booked' && wanted.has(outcome.row.id) ? [{ key, row: outcome.row }] : [],
      ),
    );
  }

  trimIntents(before: Instant): ResultAsync<void, MirrorError> {
    for (const intent of this.allIntents()) {
      if ((keptUntil(intent) ?? before) < before) this.shelf.intents.delete(intent.key);
    }
    return okAsync(undefined);
  }

  trimLog(before: Instant): ResultAsync<void, MirrorError> {
    const kept = this.shelf.log.findIndex(({ at }) => at >= before);
    this.shelf.log.splice(0, kept === -1 ? this.shelf.log.length : kept);
    return okAsync(undefined);
  }

  close(inOrder: boolean): ResultAsync<void, MirrorError> {
    if (this.isOwner()) {
      if (inOrder) this.shelf.facts = { ...this.shelf.facts, closedInOrder: true };
      this.shelf.owner = null;
    }
    return okAsync(undefined);
  }

  private allIntents(): Intent[] {
    return [...this.shelf.intents.values()].map((text) => JSON.parse(text) as Intent);
  }

  private isOwner(): boolean {
    return this.shelf.owner === this && this.shelf.epoch === this.epoch;
  }
}
