import { setImmediate as breathe } from 'node:timers/promises';

import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';

import { fault, type MirrorError } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { Intent } from '../../domain/intent.js';
import type { RowKey, StoredRow } from '../../domain/row.js';
import type { ClinicMirror, LoggedEvent, MirrorCommit, OwnBooking, ReplaceWriter, RowQuery } from '../mirror.js';
import { requireOwner, type ClinicState } from './clinic-state.js';
import { writeChange } from './commit.js';
import { attempt } from './errors.js';
import type { MirrorFile } from './file.js';
import { bookingsOf, findIntent, hasIntentsToTrim, openIntents, trimIntents } from './intents.js';
import { trimLineage } from './lineage.js';
import { forgetEvents, oldestToKeep, readEvents } from './log.js';
import { writeRecord } from './record.js';
import { Replacement } from './replace.js';
import { countRows } from './row-count.js';
import { practitionersOf, queryRows, queryRowsByKey } from './row-queries.js';
import type { LocatedPlace } from './row-codec.js';
import { compareWithIndex, mustComeAfter, rowsOfPage, scanPage } from './row-scan.js';

const CLOSED = 'This mirror was closed.';

/** Events forgotten in one transaction. */
const EVENTS_PER_TRIM = 5_000;

export class SqliteClinicMirror implements ClinicMirror {
  readonly clinicId: string;
  readonly #state: ClinicState;
  readonly #file: MirrorFile;
  readonly #release: () => void;
  #replacement: Replacement | undefined;
  #closed = false;

  constructor(clinicId: string, state: ClinicState, file: MirrorFile, release: () => void) {
    this.clinicId = clinicId;
    this.#state = state;
    this.#file = file;
    this.#release = release;
  }

  get epoch() {
    return this.#state.epoch;
  }
  get lineage() {
    return this.#state.lineage;
  }
  get facts() {
    return this.#state.facts;
  }
  get head() {
    return this.#state.head;
  }
  get oldest() {
    return this.#state.oldest;
  }

  rows(query: RowQuery): ResultAsync<StoredRow[], MirrorError> {
    return this.#while(({ connection, copy }) => queryRows(connection, copy, query));
  }

  rowsByKey(keys: readonly RowKey[]): ResultAsync<StoredRow[], MirrorError> {
    return this.#while(({ connection, copy }) => queryRowsByKey(connection, copy, keys));
  }

  countRows(): ResultAsync<number, MirrorError> {
    return this.#while((state) => (state.rows ??= countRows(state.connection, state.copy)));
  }

  practitioners(): ResultAsync<string[], MirrorError> {
    return this.#while(({ connection, copy }) => practitionersOf(connection, copy));
  }

  /** Between two pages the rest of the process gets its turn, commits included; each row is told as it is when its page is read. */
  scan(visit: (page: readonly StoredRow[]) => boolean): ResultAsync<void, MirrorError> {
    return safeTry(
      async function* (this: SqliteClinicMirror) {
        const before = this.#state.changes;
        let walked = 0;
        let last: LocatedPlace | undefined;
        for (;;) {
          const { page, rows } = yield* this.#while(({ connection, copy }) => {
            const page = scanPage(connection, copy, last);
            const rows = rowsOfPage(connection, copy, page);
            mustComeAfter(last, page);
            return { page, rows };
          });
          if (page.length === 0) break;
          if (rows.length > 0 && !visit(rows)) return ok(undefined);
          walked += page.length;
          last = page.at(-1);
          await breathe();
        }
        yield* this.#while(({ connection, copy, changes }) => {
          if (changes === before) compareWithIndex(connection, copy, walked);
        });
        return ok(undefined);
      }.bind(this),
    );
  }

  commit(commit: MirrorCommit): ResultAsync<LoggedEvent[], MirrorError> {
    return this.#closed
      ? errAsync(fault('MirrorFailed', CLOSED))
      : this.#file.commit(() => writeChange(this.#state, commit));
  }

  replaceAll(): ResultAsync<ReplaceWriter, MirrorError> {
    return this.#abandonReplacement().andThen(() =>
      this.#while(
        (state) =>
          (this.#replacement = new Replacement(state, this.#file, () => {
            this.#replacement = undefined;
          })),
      ),
    );
  }

  events(after: number, limit: number): ResultAsync<LoggedEvent[], MirrorError> {
    return this.#while(({ connection, n }) => readEvents(connection, n, after, limit));
  }

  intent(key: string): ResultAsync<Intent | undefined, MirrorError> {
    return this.#while(({ connection, n }) => findIntent(connection, n, key));
  }

  openIntents(): ResultAsync<Intent[], MirrorError> {
    return this.#while(({ connection, n }) => openIntents(connection, n));
  }

  bookingsOf(ids: readonly string[]): ResultAsync<OwnBooking[], MirrorError> {
    return this.#while(({ connection, n }) => bookingsOf(connection, n, ids));
  }

  trimIntents(before: Instant): ResultAsync<void, MirrorError> {
    return this.#while(({ connection, n }) => hasIntentsToTrim(connection, n, before)).andThen((some) =>
      some
        ? this.#file.commit(() => {
            requireOwner(this.#state);
            trimIntents(this.#state.connection, this.#state.n, before);
            return () => undefined;
          })
        : okAsync(undefined),
    );
  }

  trimLog(before: Instant): ResultAsync<void, MirrorError> {
    return safeTry(
      async function* (this: SqliteClinicMirror) {
        const { connection, n } = this.#state;
        const keepFrom = yield* this.#while(({ head }) => oldestToKeep(connection, n, before, head));
        while (this.#state.oldest < keepFrom) {
          yield* this.#while((state) => {
            const oldest = Math.min(keepFrom, state.oldest + EVENTS_PER_TRIM);
            const lineage = connection.transaction(() => {
              requireOwner(state);
              forgetEvents(connection, n, oldest);
              return trimLineage(connection, n, state.lineage, oldest);
            });
            state.oldest = oldest;
            state.lineage = lineage;
          });
          if (this.#state.oldest < keepFrom) await breathe();
        }
        return ok(undefined);
      }.bind(this),
    );
  }

  close(inOrder: boolean): ResultAsync<void, MirrorError> {
    if (this.#closed) return okAsync(undefined);
    this.#closed = true;
    return this.#abandonReplacement()
      .andThen(() => (inOrder ? this.#noteOrder() : okAsync(undefined)))
      .andTee(this.#release)
      .orTee(this.#release);
  }

  #noteOrder(): ResultAsync<void, MirrorError> {
    const facts = { ...this.#state.facts, closedInOrder: true };
    return this.#file.commit(() => {
      // One that was fenced off writes nothing, and closes all the same.
      const isOurs = writeRecord(this.#state.connection, { ...this.#state, facts });
      return () => {
        if (isOurs) this.#state.facts = facts;
      };
    });
  }

  #abandonReplacement(): ResultAsync<void, MirrorError> {
    const before = this.#replacement;
    this.#replacement = undefined;
    return before ? before.abort() : attempt(() => undefined);
  }

  #while<T>(work: (state: ClinicState) => T): ResultAsync<T, MirrorError> {
    return attempt(() => {
      if (this.#closed) throw fault('MirrorFailed', CLOSED);
      return work(this.#state);
    });
  }
}
