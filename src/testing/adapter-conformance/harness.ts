import type { ClinicAdapter } from '../../adapters/adapter.js';
import type { ClinicRow, RowKey, Stream } from '../../domain/row.js';

/** What an adapter has to offer, as its author declares it. An offer that is not declared fails as one that is missing. */
export interface AdapterCapabilities {
  /** Reads the `session` stream. */
  readonly sessions: boolean;
  /** Reads rows of kind `blockout`. */
  readonly blockouts: boolean;
  readonly readKeys: boolean;
  readonly digest: boolean;
  /** The streams that sketches can be read of, in this harness. Default: none. */
  readonly sketch?: readonly Stream[];
  readonly pulse: boolean;
  readonly awaitPulse: boolean;
  /** The pulse can move a moment before the change can be read, never after it. Default false: not a moment before. */
  readonly pulseLeads?: boolean;
  /** New rows of the harness are seen by their ids. */
  readonly newKeys: boolean;
  readonly snapshot: boolean;
  /** Hints come for every change, as the harness sets the database up. */
  readonly push: boolean;
  /** The adapter says what it finds at the clinic. */
  readonly describe: boolean;
  /** The link books and deletes. */
  readonly writes: boolean;
  /** A booking is found again by its token. */
  readonly tokens: boolean;
  /** A row can name two practitioners. */
  readonly multiplePractitioners: boolean;
  /** Ids, practitioners and locations are any text that the database stores; otherwise texts of decimal numbers. */
  readonly texts: boolean;
  /** Two transactions of the clinic's can be open at once, so that one that began earlier commits later. */
  readonly lateCommits: boolean;
  /** The harness can {@link TestClinic.cut} the connections. */
  readonly lost: boolean;
  /** The harness can {@link Receptionist.spoil} a row. */
  readonly undecodable: boolean;
  /** The harness can {@link TestClinic.stall} reads. */
  readonly stall: boolean;
}

/** Makes clinics to test with. */
export interface AdapterHarness {
  /** A fresh clinic without rows. */
  create(): Promise<TestClinic>;
}

export interface TestClinic {
  readonly adapter: ClinicAdapter;
  readonly receptionist: Receptionist;
  /** The IANA zone that the adapter's rows carry. */
  readonly zone: string;
  /** The finest step of time that its tables hold, in ms; at most 5 minutes. Default a minute. */
  readonly grainMs?: number;
  /** The row nearest to this one that its tables can hold: some have no locations, or no rows that last past midnight. Default all. */
  fit?(row: ClinicRow): ClinicRow;
  /** A second adapter of the same mapping to the same database. */
  another(): ClinicAdapter;
  /** Breaks the adapter's open connections, as a network fault does. */
  cut?(): Promise<void>;
  /** After a cut: makes it possible to connect again, where it is not already. */
  restart?(): Promise<void>;
  /** Makes reads of rows wait, for a second at least, until the answer is called; the receptionist may be kept out as well. */
  stall?(): Promise<() => Promise<void>>;
  /** What no description may tell: passwords, names of logins. */
  readonly secrets?: readonly string[];
  /** How many connections, files or listeners of the adapter are open. Absent: nothing is checked. */
  openConnections?(): Promise<number>;
  /** Undoes `create`. Links are closed by then. */
  dispose(): Promise<void>;
}

/** What one transaction can do to a clinic's rows. */
export interface Writing {
  /**
   * Adds rows and answers with them as the adapter is to present them, in this order. Keeps a given id where the database lets
   * one choose, and always an id that was answered before and is free again. Where it does not, the answer has the new one.
   */
  insert(rows: readonly ClinicRow[]): Promise<readonly ClinicRow[]>;
  /** Edits the rows with these ids in place. */
  update(rows: readonly ClinicRow[]): Promise<void>;
  remove(keys: readonly RowKey[]): Promise<void>;
}

/** Writes straight into the clinic's database on connections of its own; each call by itself is one transaction. */
export interface Receptionist extends Writing {
  /** Opens a transaction on a connection of its own. */
  begin(): Promise<OpenTransaction>;
  /** Breaks a row so that it cannot be decoded any more, while its id, start and end stay. */
  spoil?(key: RowKey): Promise<void>;
}

export interface OpenTransaction extends Writing {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}
