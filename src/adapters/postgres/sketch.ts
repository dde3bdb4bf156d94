import { sql } from 'kysely';

import type { SketchEngine } from '../sql/sketch/read.js';
import { WORD } from '../sql/sketch/form.js';
import { segmentOf } from './digest.js';

const word = sql.lit(WORD);

export const POSTGRES_SKETCH: SketchEngine = {
  formOf: (type) => {
    if (type === 'uuid') return 'guid';
    if (type === 'bigint') return 'bigint';
    return type === 'integer' || type === 'smallint' ? 'integer' : undefined;
  },
  words: (form, reference) => {
    if (form === 'integer') return [sql`${reference}::bigint`];
    if (form === 'bigint') return [sql`${reference} / ${word}`, sql`${reference} % ${word}`];
    return [1, 9, 17, 25].map(
      (at) => sql`('x' || substr(replace(${reference}::text, '-', ''), ${sql.lit(at)}, 8))::bit(32)::bigint`,
    );
  },
  hash: (source) => source.serverHash?.number ?? sql`0::bigint`,
  high: sql`(h >> 32) & 4294967295`,
  low: sql`h & 4294967295`,
  segment: segmentOf,
  once: sql`offset 0`,
  // Exact below 2^53, as ours, and quicker than the server's numerics.
  sum: (of) => sql`sum((${of})::float8)::bigint`,
  groupingId: sql`grouping(segment, l, g)`,
  joined: (columns) => sql`concat_ws(' ', ${sql.join(columns)})`,
};
