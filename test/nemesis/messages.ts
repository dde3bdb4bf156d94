import type { RowIdentity } from '../../src/domain/row.js';

/** How the host reaches the clinic. */
export type Reach =
  | { readonly engine: 'sqlite'; readonly path: string }
  | {
      readonly engine: 'postgres' | 'mysql';
      readonly url: string;
      readonly write: { readonly user: string; readonly password: string };
    };

export interface NemesisOrder {
  readonly reach: Reach;
  readonly mirror: string;
  /** Where the consumer stands; `null`: it has nothing yet. */
  readonly cursor: string | null;
}

export type Ask =
  | { readonly type: 'book'; readonly key: string; readonly nth: number }
  | { readonly type: 'delete'; readonly key: string; readonly row: RowIdentity }
  | { readonly type: 'outcome'; readonly key: string };

/** `result`: `booked`, `deleted`, `unknown`, or the code of an error. */
export interface Answer {
  readonly result: string;
  readonly row?: RowIdentity;
}
