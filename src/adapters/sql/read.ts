import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { inRange } from '../../domain/scope.js';
import type { KeysRead, RangeRead, ReadRows } from '../adapter.js';
import { decodeRow, type Decoded, type RowTexts } from './decode.js';
import { inwardId } from './ids.js';
import type { Source } from './source.js';
import { earliestStart, inStretch } from './where.js';

/** All rows whose start lies in the range, one statement for each table of the stream. */
export async function readRange(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  { range, cutoff }: Pick<RangeRead, 'range' | 'cutoff'>,
): Promise<ReadRows> {
  const decoded: Decoded[] = [];
  for (const source of sources) {
    if (source.stream !== range.stream) continue;
    let where = inStretch(source, { ...range, cutoff });
    const { practitionerId } = range;
    if (practitionerId !== undefined) {
      where = sql`${where} and ${source.isOf(practitionerId)}`;
    }
    const rows = await rowTexts(db, source, where);
    for (const texts of rows) {
      const row = decodeRow(source, texts);
      // The statement compares in the columns' own terms and may give a little more than was asked for.
      if ('skipped' in row || (inRange(row.record.row, range) && isCurrent(source, row, cutoff))) decoded.push(row);
    }
  }
  return split(decoded);
}

/** The rows with these ids, wherever they start; those that `readRange` would never give left out. */
export async function readKeys(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  { stream, ids, cutoff }: Pick<KeysRead, 'stream' | 'ids' | 'cutoff'>,
): Promise<ReadRows> {
  const decoded: Decoded[] = [];
  const asked = new Set(ids);
  const inward = ids.map((id) => inwardId(stream, id));
  for (const source of sources) {
    const own = inward.filter(({ label }) => label === source.mapping.label).map(({ id }) => id);
    if (source.stream !== stream || own.length === 0) continue;
    for (const texts of await rowTexts(db, source, source.isOneOf(own))) {
      const row = decodeRow(source, texts);
      const id = 'skipped' in row ? row.skipped.key.id : row.record.row.id;
      // Databases also find 7 for '07', or 'A' for 'a'.
      if (asked.has(id) && isCurrent(source, row, cutoff)) decoded.push(row);
    }
  }
  return split(decoded);
}

/** The mapped columns of the rows that fulfil a condition, and after them the hash where the server computes it. */
export async function rowTexts(
  db: QueryExecutorProvider,
  source: Source,
  where: RawBuilder<boolean>,
): Promise<RowTexts[]> {
  const { rows } = await sql<NamedTexts>`${selectOf(source, db)} where ${where}`.execute(db);
  return rows.map(returnedColumns(source).texts);
}

/** The part of a read that is the same every time, compiled once: 0.05 ms of a hint's 1.7. It has values of its own nowhere. */
const selectOf = perSource((source, db: QueryExecutorProvider): RawBuilder<unknown> => {
  const select = sql`select ${returnedColumns(source).columns} from ${source.from}`;
  const { sql: text, parameters } = select.compile(db);
  return parameters.length === 0 ? sql.raw(text) : select;
});

function perSource<T, A extends unknown[]>(make: (source: Source, ...rest: A) => T) {
  const made = new WeakMap<Source, T>();
  return (source: Source, ...rest: A): T => {
    const known = made.get(source);
    if (known !== undefined) return known;
    const fresh = make(source, ...rest);
    made.set(source, fresh);
    return fresh;
  };
}

type NamedTexts = Readonly<Record<string, unknown>>;

/** What a statement returns of a row, and how its texts are taken from the answer. */
export interface Returned {
  readonly columns: RawBuilder<unknown>;
  texts(row: NamedTexts): RowTexts;
}

export const returnedColumns = perSource((source): Returned => {
  const texts = [...source.columns, ...(source.serverHash ? [source.serverHash.text] : [])];
  const names = texts.map((_, i) => `c${String(i)}`);
  return {
    columns: sql.join(texts.map((text, i) => sql`${text} as ${sql.id(names[i] ?? '')}`)),
    texts: (row) => names.map((name) => (row[name] ?? null) as string | null),
  };
});

/** False for a decoded row outside the window: ended, or begun longer ago than rows last. */
export function isCurrent(source: Source, row: Decoded, cutoff: number): boolean {
  if ('skipped' in row) return true;
  const { start, end } = row.record.row;
  return end > cutoff && start >= earliestStart(source, { from: null, to: null, cutoff });
}

/** The rows that fulfil a condition, whenever they are. */
export async function readWhere(
  db: QueryExecutorProvider,
  source: Source,
  where: RawBuilder<boolean>,
): Promise<ReadRows> {
  return split((await rowTexts(db, source, where)).map((texts) => decodeRow(source, texts)));
}

function split(decoded: readonly Decoded[]): ReadRows {
  return {
    records: decoded.flatMap((row) => ('record' in row ? [row.record] : [])),
    skipped: decoded.flatMap((row) => ('skipped' in row ? [row.skipped] : [])),
  };
}
