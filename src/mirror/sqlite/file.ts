import { type Connection } from './connection.js';
import { sweepOnce } from './sweep.js';

/** An open mirror file, shared by the clinics in it. */
export class MirrorFile {
  readonly connection: Connection;
  /** Copies that are being laid. */
  readonly laying = new Set<number>();
  #sweeping = false;
  #closed = false;

  constructor(connection: Connection) {
    this.connection = connection;
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
        if (sweepOnce(this.connection, this.laying)) this.#sweepOn();
        else this.#sweeping = false;
      } catch {
        // A full disk, or damage in what nobody reads: left to the next opening of the file.
      }
    }).unref();
  }
}
