import type Transaction from 'node-firebird/lib/wire/transaction.js';

import type { Session } from './session.js';

/** What the link itself has begun by now, so that the pulse can leave it out. */
export interface OwnCount {
  /** Transactions of ours that the server has numbered. */
  readonly begun: number;
  /** Of which nobody knows whether it has. */
  readonly unknown: number;
  /** A transaction is being begun right now: its number may be given already, or not yet. */
  readonly isUnsure: boolean;
}

/** Counts the transactions of a link. Not counted are those that write: they are meant to move the pulse. */
export class OwnTransactions {
  #begun = 0;
  #unknown = 0;
  #beginning = 0;
  /** The numbers of snapshots that are held open. */
  readonly held = new Set<number>();

  get count(): OwnCount {
    return { begun: this.#begun, unknown: this.#unknown, isUnsure: this.#beginning > 0 };
  }

  begin(session: Session): Promise<Transaction> {
    return this.counted(() => session.begin());
  }

  /** Work in which the server begins exactly one transaction. */
  async counted<T>(work: () => Promise<T>): Promise<T> {
    this.#beginning++;
    try {
      const answer = await work();
      this.#begun++;
      return answer;
    } catch (error) {
      this.#unknown++;
      throw error;
    } finally {
      this.#beginning--;
    }
  }
}
