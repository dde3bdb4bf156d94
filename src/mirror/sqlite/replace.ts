import type { ResultAsync } from 'neverthrow';

import { fault, type MirrorError } from '../../domain/errors.js';
import type { StoredRow } from '../../domain/row.js';
import type { LoggedEvent, MirrorCommit, ReplaceWriter } from '../mirror.js';
import { requireOwner, type ClinicState } from './clinic-state.js';
import { commitChange } from './commit.js';
import { attempt } from './errors.js';
import type { MirrorFile } from './file.js';
import { addCopy } from './record.js';
import { streamNumberOf } from './row-codec.js';
import { addRow, putRow } from './row-store.js';
import { SeenKeys } from './seen-keys.js';

/** Rows written between two looks of ours at the rest of the process; bounds how long one call blocks its thread. */
export const ROWS_PER_TRANSACTION = 2_000;

/**
 * Lays a second copy beside the one that shows; committing it is one number changed in the clinic's line, however many rows
 * there are. The copy that no longer shows, or never did, is swept away bit by bit.
 */
export class Replacement implements ReplaceWriter {
  readonly #state: ClinicState;
  readonly #file: MirrorFile;
  readonly #copy: number;
  readonly #seen = new SeenKeys();
  #rows = 0;
  #open = true;

  /** Throws. */
  constructor(state: ClinicState, file: MirrorFile) {
    this.#state = state;
    this.#file = file;
    this.#copy = state.connection.relaxedTransaction(() => {
      requireOwner(state);
      return addCopy(state.connection, state.n);
    });
    file.laying.add(this.#copy);
  }

  add(rows: readonly StoredRow[]): ResultAsync<void, MirrorError> {
    return attempt(() => {
      this.#mustBeOpen();
      const { connection } = this.#state;
      for (let i = 0; i < rows.length; i += ROWS_PER_TRANSACTION) {
        this.#rows += connection.relaxedTransaction(() => {
          requireOwner(this.#state);
          return rows.slice(i, i + ROWS_PER_TRANSACTION).reduce((added, row) => added + this.#put(row), 0);
        });
      }
    });
  }

  commit(rest: MirrorCommit): ResultAsync<LoggedEvent[], MirrorError> {
    return attempt(() => {
      this.#mustBeOpen();
      if (rest.puts.length > 0 || rest.removes.length > 0) {
        throw fault('MirrorFailed', 'A replacement takes its rows through add(): puts and removes must be empty.');
      }
      const logged = commitChange(this.#state, rest, { copy: this.#copy, rows: this.#rows });
      this.#end();
      return logged;
    });
  }

  abort(): ResultAsync<void, MirrorError> {
    return attempt(() => {
      this.#end();
    });
  }

  /** Answers with how many keys that adds. */
  #put(stored: StoredRow): 0 | 1 {
    const { connection } = this.#state;
    if (this.#seen.add(streamNumberOf(stored.row), stored.row.id))
      return putRow(connection, this.#copy, stored) ? 1 : 0;
    addRow(connection, this.#copy, stored);
    return 1;
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#file.laying.delete(this.#copy);
    this.#file.sweep();
  }

  #mustBeOpen(): void {
    if (!this.#open) throw fault('MirrorFailed', 'This replacement was committed or aborted.');
  }
}
