import type { RawBuilder } from 'kysely';

import { allOf } from './logic.js';
import type { Source } from './source.js';
import type { BookingTarget } from './target.js';
import { unfitText } from './unfit.js';

/** An appointment that a deletion names, in the database's terms. */
export interface NamedRow {
  readonly source: Source;
  /** Its id there. */
  readonly id: string;
  /** "The row counts, and has this id". */
  readonly isIt: RawBuilder<boolean>;
}

/** `undefined` for an id that no appointment can have: of another table's, or a text that no column of ours can hold. */
export function namedRow({ sources, counts }: BookingTarget, outward: string): NamedRow | undefined {
  const [source] = sources;
  const id = source?.inward(outward);
  if (!source || id === undefined || unfitText(id) !== undefined) return undefined;
  return { source, id, isIt: allOf([source.id.is(id), ...(counts ? [counts] : [])]) };
}
