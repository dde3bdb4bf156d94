import type { ResultAsync } from 'neverthrow';

import { fault, type MirrorError } from '../../domain/errors.js';
import { keyText, streamOf, type StoredRow } from '../../domain/row.js';
import type { LoggedEvent, MirrorCommit, ReplaceWriter } from '../mirror.js';
import { requireOwner, type ClinicState } from './clinic-state.js';
import { writeChange } from './commit.js';
import { attempt } from './errors.js';
import type { MirrorFile } from './file.js';
import { addCopy } from './record.js';
import { streamNumberOf } from './row-codec.js';
import { queryRowsByKey } from './row-queries.js';
import { addRow, putRow } from './row-store.js';
import { SeenKeys } from './seen-keys.js';

/** In one transaction. */
export const ROWS_PER_TRANSACTION = 2_000;

/**
 * So many rows are put in the order in which they lie before they are written. They come by the day, and lie by practitioner: as they come, each
 * transaction touches a page of nearly everybody's. Of a million rows of 385 practitioners SQLite took 21 s as they came, and takes 9 s sorted.
 */
export const ROWS_SORTED = 16_000;

/**
 * Lays a second copy beside the one that shows; committing it is one number changed in the clinic's line, however many rows
 * there are. The copy that no longer shows, or never did, is swept away bit by bit.
 */
export class Replacement implements ReplaceWriter {
  readonly #state: ClinicState;
  readonly #file: MirrorFile;
  readonly #copy: number;
  readonly #onEnd: () => void;
  readonly #seen = new SeenKeys();
  /** By key; a later version takes the place of an earlier one. */
  readonly #waiting = new Map<string, StoredRow>();
  /** Of those that wait: the keys under which an earlier version was written. */
  readonly #outdated = new Set<string>();
  #rows = 0;
  #open = true;

  /** Throws. */
  constructor(state: ClinicState, file: MirrorFile, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#state = state;
    this.#file = file;
    this.#copy = state.connection.relaxedTransaction(() => {
      requireOwner(state);
      return addCopy(state.connection, state.n);
    });
    file.laying.add(this.#copy);
  }

  add(rows: readonly StoredRow[]): ResultAsync<readonly StoredRow[], MirrorError> {
    return attempt(() => {
      this.#mustBeOpen();
      const replaced: StoredRow[] = [];
      for (const stored of rows) {
        const key = keyText(streamOf(stored.row), stored.row.id);
        const earlier = this.#waiting.get(key) ?? this.#written(key, stored);
        if (earlier) replaced.push(earlier);
        this.#waiting.set(key, stored);
      }
      if (this.#waiting.size >= ROWS_SORTED) this.#write();
      return replaced;
    });
  }

  commit(rest: MirrorCommit): ResultAsync<LoggedEvent[], MirrorError> {
    return attempt(() => {
      this.#mustBeOpen();
      if (rest.puts.length > 0 || rest.removes.length > 0) {
        throw fault('MirrorFailed', 'A replacement takes its rows through add(): puts and removes must be empty.');
      }
      this.#write();
    }).andThen(() =>
      this.#file
        .commit(() => writeChange(this.#state, rest, { copy: this.#copy, rows: this.#rows }))
        .map((logged) => {
          this.#end();
          return logged;
        }),
    );
  }

  abort(): ResultAsync<void, MirrorError> {
    return attempt(() => {
      this.#end();
    });
  }

  /** What was written under the key, which has to go when its successor is written. */
  #written(key: string, { row }: StoredRow): StoredRow | undefined {
    if (!this.#seen.add(streamNumberOf(row), row.id)) return undefined;
    const [earlier] = queryRowsByKey(this.#state.connection, this.#copy, [{ stream: streamOf(row), id: row.id }]);
    if (earlier) this.#outdated.add(key);
    return earlier;
  }

  /** Writes what waits. */
  #write(): void {
    const { connection } = this.#state;
    const rows = [...this.#waiting.values()].sort(byPlace);
    this.#waiting.clear();
    for (let i = 0; i < rows.length; i += ROWS_PER_TRANSACTION) {
      this.#rows += connection.relaxedTransaction(() => {
        requireOwner(this.#state);
        return rows.slice(i, i + ROWS_PER_TRANSACTION).reduce((added, row) => added + this.#put(row), 0);
      });
    }
  }

  /** Answers with how many keys that adds. */
  #put(stored: StoredRow): 0 | 1 {
    const { connection } = this.#state;
    if (this.#outdated.size > 0 && this.#outdated.delete(keyText(streamOf(stored.row), stored.row.id)))
      return putRow(connection, this.#copy, stored) ? 1 : 0;
    addRow(connection, this.#copy, stored);
    return 1;
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onEnd();
    this.#file.laying.delete(this.#copy);
    this.#file.sweep();
  }

  #mustBeOpen(): void {
    if (!this.#open) throw fault('MirrorFailed', 'This replacement was committed or aborted.');
  }
}

/** As rows lie in the file, or nearly. */
function byPlace({ row: a }: StoredRow, { row: b }: StoredRow): number {
  const [first = ''] = a.practitionerIds;
  const [second = ''] = b.practitionerIds;
  return first === second ? a.start - b.start : first < second ? -1 : 1;
}
