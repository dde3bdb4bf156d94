import { sql } from 'kysely';

import { segmentTree } from '../sql/segment-tree.js';
import type { SketchEngine } from '../sql/sketch/read.js';
import { WORD } from '../sql/sketch/form.js';
import { hashOf } from './digest.js';
import { WHOLE } from './types.js';

const word = sql.lit(WORD);
const half = (from: number) => sql<number>`cast(conv(substr(h, ${sql.lit(from)}, 8), 16, 10) as unsigned)`;

export const MYSQL_SKETCH: SketchEngine = {
  formOf: (type) => {
    // MariaDB's own; a GUID in a text column is not known to be one.
    if (type === 'uuid') return 'guid';
    if (type === 'bigint') return 'bigint';
    return WHOLE.has(type) ? 'integer' : undefined;
  },
  words: (form, reference) => {
    if (form === 'integer') return [sql`${reference}`];
    if (form === 'bigint') return [sql`${reference} div ${word}`, sql`${reference} % ${word}`];
    return [1, 9, 17, 25].map(
      (at) =>
        sql`cast(conv(substr(replace(cast(${reference} as char), '-', ''), ${sql.lit(at)}, 8), 16, 10) as unsigned)`,
    );
  },
  hash: hashOf,
  high: half(1),
  low: half(9),
  segment: segmentTree,
  // The limit, which is none, keeps the server from computing the hash once for each use of it.
  once: sql`limit 18446744073709551615`,
  sum: (of) => sql`sum(${of})`,
  groupingId: null,
  joined: (columns) => sql`concat_ws(' ', ${sql.join(columns)})`,
};
