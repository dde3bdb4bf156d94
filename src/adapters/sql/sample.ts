import { sql, type QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import { decodeRow } from './decode.js';
import type { SqlEngine } from './engine.js';
import { returnedColumns } from './read.js';
import type { Source } from './source.js';
import { inStretch } from './where.js';

/** So many rows are looked at, and fewer than so many say nothing. */
const SAMPLE = 200;
const FEWEST = 5;

/**
 * Reads a few rows of each table's future. Throws `SchemaMismatch` where not one of them can be read: then it is the mapping that is
 * wrong, and not the rows.
 */
export async function mustDecode(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  { limit }: Pick<SqlEngine, 'limit'>,
): Promise<void> {
  for (const source of sources) {
    const { columns, texts } = returnedColumns(source);
    const where = inStretch(source, { from: null, to: null, cutoff: Date.now() });
    const sample = sql<Record<string, unknown>>`
      select ${limit.front(SAMPLE)} ${columns} from ${source.from} where ${where} ${limit.end(SAMPLE)}
    `;
    // A table that is locked just now is no reason not to connect.
    const { rows } = await sample.execute(db).catch(() => ({ rows: [] }));
    const decoded = rows.map((row) => decodeRow(source, texts(row)));
    const skipped = decoded.flatMap((row) => ('skipped' in row ? [row.skipped] : []));
    const [first] = skipped;
    if (!first || skipped.length < decoded.length || decoded.length < FEWEST) continue;
    const rules = [...new Set(skipped.map(({ field, rule }) => `${field}: ${rule}`))].join('; ');
    const field = `schema.${source.mapping.label}.${first.field}`;
    const count = String(decoded.length);
    throw fault(
      'SchemaMismatch',
      `Not one of ${count} rows of schema.${source.mapping.label} can be read (${rules}).`,
      { field },
    );
  }
}
