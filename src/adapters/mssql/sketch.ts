import { sql } from 'kysely';

import type { SketchEngine } from '../sql/sketch/read.js';
import { WORD } from '../sql/sketch/form.js';
import { segmentOf } from './digest.js';

const word = sql.lit(WORD);
const half = (from: number) => sql<number>`cast(substring(h, ${sql.lit(from)}, 4) as bigint)`;

export const MSSQL_SKETCH: SketchEngine = {
  formOf: (type) => {
    // Written in capitals as a text.
    if (type === 'uniqueidentifier') return 'GUID';
    if (type === 'bigint') return 'bigint';
    return ['int', 'smallint', 'tinyint'].includes(type) ? 'integer' : undefined;
  },
  words: (form, reference) => {
    if (form === 'integer') return [sql`cast(${reference} as bigint)`];
    if (form === 'bigint') return [sql`${reference} / ${word}`, sql`${reference} % ${word}`];
    const digits = sql`replace(convert(varchar(36), ${reference}), '-', '')`;
    return [1, 9, 17, 25].map(
      (at) => sql`cast(convert(varbinary(4), substring(${digits}, ${sql.lit(at)}, 8), 2) as bigint)`,
    );
  },
  hash: (source) => source.serverHash?.number ?? sql`0x`,
  high: half(1),
  low: half(5),
  segment: (source, thresholds) => segmentOf(source, thresholds, 0),
  once: sql``,
  sum: (of) => sql`sum(${of})`,
  groupingId: sql`grouping_id(segment, l, g)`,
  joined: (columns) => sql`concat(${sql.join(columns, sql`, ' ', `)})`,
};
