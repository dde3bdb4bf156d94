import type { Clinic } from './messages.js';
import type { RawRow, RowValues } from './schema.js';

export type Write =
  /** Without an id the database gives one: SQLite the highest that is there and one more, so that ids are used again. */
  | { readonly type: 'insert'; readonly id?: number; readonly values: RowValues }
  | { readonly type: 'edit'; readonly id: number; readonly values: RowValues }
  | { readonly type: 'delete'; readonly id: number };

/** The clinic's own way to its database, which knows nothing of us. */
export interface Desk {
  readonly clinic: Clinic;
  /** One transaction; answers with the id that each write was about. */
  commit(writes: readonly Write[]): Promise<number[]>;
  /** The whole table, by a plain SELECT. */
  rows(): Promise<RawRow[]>;
  close(): Promise<void>;
}
