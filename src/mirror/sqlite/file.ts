import type { ResultAsync } from 'neverthrow';

import type { MirrorError } from '../../domain/errors.js';
import type { Connection } from './connection.js';
import { GroupCommit, type Write } from './group-commit.js';
import { Sweep } from './sweep.js';

/** An open mirror file, shared by the clinics in it. */
export class MirrorFile {
  readonly connection: Connection;
  /** Copies that are being laid. */
  readonly laying = new Set<number>();
  /** Those that are open. */
  readonly clinics = new Set<string>();
  readonly #commits: GroupCommit;
  readonly #sweep: Sweep;
  #sweeping = false;
  #closed = false;

  constructor(connection: Connection) {
    this.connection = connection;
    this.#commits = new GroupCommit(connection);
    this.#sweep = new Sweep(connection, this.laying);
  }

  /** One clinic's change, durable when it answers. The only clinic that is open waits for nobody. */
  commit<T>(write: Write<T>): ResultAsync<T, MirrorError> {
    return this.clinics.size > 1 ? this.#commits.join(write) : this.#commits.alone(write);
  }

  /** Begins to sweep, unless it is under way, and lets the process get on (and end) meanwhile. */
  sweep(): void {
    if (this.#sweeping || this.#closed) return;
    this.#sweeping = true;
    this.#sweepOn();
  }

  close(): void {
    this.#closed = true;
    this.connection.close();
  }

  #sweepOn(): void {
    setImmediate(() => {
      if (this.#closed) return;
      try {
        if (this.#sweep.once()) this.#sweepOn();
        else this.#sweeping = false;
      } catch {
        // A full disk, or damage in what nobody reads: left to the next opening of the file.
      }
    }).unref();
  }
}
