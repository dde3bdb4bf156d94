import Firebird, { type TransactionOptions } from 'node-firebird';
import { fromCallback } from 'node-firebird/lib/callback.js';
import type Transaction from 'node-firebird/lib/wire/transaction.js';
import { fault } from 'clinic-sync';

import { attach, type Attachment, type FirebirdLogin, type FirebirdPlace } from './driver.js';
import { orAborted, within } from './results.js';

/** The values of one row, in the order of the columns. Times and ids are texts, because every query casts them. */
export type Cells = readonly (string | number | null)[];
export type Query = (sql: string) => Promise<readonly Cells[]>;

const STATEMENT_MS = 60_000;
const GOODBYE_MS = 500;

/** What the rows of one moment are read in. Holds no lock; nobody waits for it, and it waits for nobody. */
const SNAPSHOT = { isolation: Firebird.ISOLATION_REPEATABLE_READ, readOnly: true };
/** Sees every commit. The server counts it as ended from its beginning, so it may stay open for ever. */
const LASTING = { isolation: Firebird.ISOLATION_READ_UNCOMMITTED, readOnly: true };

/** One connection. Statements go one after the other; whatever is given up takes the connection with it. */
export class Session {
  #isEnded = false;
  #isBusy = false;
  #last: Promise<unknown> = Promise.resolve();
  #lasting: Promise<Transaction> | undefined;

  private constructor(
    private readonly attachment: Attachment,
    onEnd: () => void,
  ) {
    attachment.socket.once('close', () => {
      if (this.#isEnded) return;
      this.#isEnded = true;
      onEnd();
    });
  }

  /** `onEnd` hears of an end that we did not ask for. */
  static async open(
    place: FirebirdPlace,
    login: FirebirdLogin,
    signal: AbortSignal,
    onEnd: () => void,
  ): Promise<Session> {
    return new Session(await attach(place, login, signal), onEnd);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get db(): Attachment['db'] {
    return this.attachment.db;
  }

  info(items: readonly number[]): Promise<Buffer> {
    return this.inTurn(() => this.attachment.info(items));
  }

  begin(options: TransactionOptions = SNAPSHOT): Promise<Transaction> {
    return this.inTurn(() => this.db.startTransactionAsync(options));
  }

  query(transaction: Transaction, sql: string): Promise<readonly Cells[]> {
    return this.inTurn(() => rowsOf(transaction, sql));
  }

  /**
   * Reads in a transaction of its own. Its end is also what sends the driver's farewell to the statement: one that is left prepared
   * at the server keeps the clinic from altering the table.
   */
  async look(sql: string): Promise<readonly Cells[]> {
    const transaction = await this.begin();
    try {
      return await this.query(transaction, sql);
    } finally {
      void this.end(transaction);
    }
  }

  /** Reads of no table, in the transaction that lasts as long as the session. */
  async peek(sql: string): Promise<readonly Cells[]> {
    const transaction = await (this.#lasting ??= this.begin(LASTING));
    return this.query(transaction, sql);
  }

  /** Never fails: what is not ended by us, the server ends with the connection. */
  async end(transaction: Transaction): Promise<void> {
    const commit = () =>
      fromCallback<unknown>((done) => {
        transaction.commit(done);
      });
    await this.inTurn(commit).catch(() => undefined);
  }

  /** Gives the work up with the signal, and the connection with it: the server would go on with it. */
  abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
    return orAborted(signal, work, () => {
      this.drop();
    });
  }

  /** Ends the connection. The server looks after it while it works, and stops. */
  drop(): void {
    this.#isEnded = true;
    this.attachment.socket.destroySoon();
    // Nobody reads what still comes, and a peer that is gone says nothing.
    setTimeout(() => this.attachment.socket.destroy(), GOODBYE_MS).unref();
  }

  /** Says goodbye where the other side still listens. Never fails. */
  async close(): Promise<void> {
    if (this.#isEnded) return;
    if (this.#isBusy) {
      this.drop();
      return;
    }
    this.#isEnded = true;
    const { connection } = this.db;
    const goodbye = fromCallback((done) => connection.detach(done));
    await within(GOODBYE_MS, goodbye, () => undefined).catch(() => undefined);
    this.attachment.socket.destroy();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = async () => {
      if (this.#isEnded) throw fault('ClinicUnreachable');
      this.#isBusy = true;
      try {
        return await within(STATEMENT_MS, work(), () => {
          this.drop();
        });
      } finally {
        this.#isBusy = false;
      }
    };
    const mine = this.#last.then(run, run);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** A statement that returns values of the one row that it wrote gives no list. */
async function rowsOf(transaction: Transaction, sql: string): Promise<readonly Cells[]> {
  const answer: unknown = await transaction.executeAsync(sql);
  if (!Array.isArray(answer) || answer.length === 0) return [];
  return (Array.isArray(answer[0]) ? answer : [answer]) as Cells[];
}
