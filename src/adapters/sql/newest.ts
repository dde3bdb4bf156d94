import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import type { RowKey } from '../../domain/row.js';
import { MAX_KEYS_PER_READ } from '../adapter.js';
import type { Limit, SqlEngine } from './engine.js';
import { allOf } from './logic.js';
import type { Source } from './source.js';
import { counting } from './where.js';

const WHOLE_NUMBER = /^-?\d+$/;
/** Rosters change seldom, and every look-up costs the clinic: theirs is made with every so many. */
const SESSIONS_EVERY = 8;
const WHOLE_NUMBER_TYPE = /int|serial/;

/** Where the rows are that have come since the last call. */
export interface KeySource {
  next(db: QueryExecutorProvider): Promise<RowKey[]>;
}

/**
 * Sees new rows at the top of a table's ids, for tables numbered by whole numbers whose index leads by them. What comes in
 * otherwise (a late commit of a lower id, a reused one) it does not see: it is a place to look first and no more.
 */
export class NewestIds implements KeySource {
  private calls = 0;

  private constructor(
    private readonly tops: { readonly source: Source; top: string | null }[],
    private readonly limit: Limit,
  ) {}

  /** Notes where each table's ids end now. `undefined` where no table is fit for it. */
  static async from(
    db: QueryExecutorProvider,
    sources: readonly Source[],
    leadsIndex: (source: Source) => Promise<boolean>,
    { limit }: Pick<SqlEngine, 'limit'>,
  ): Promise<NewestIds | undefined> {
    const tops: { source: Source; top: string | null }[] = [];
    for (const source of sources) {
      if (!WHOLE_NUMBER_TYPE.test(source.id.only?.type ?? '') || !(await leadsIndex(source))) continue;
      // A table that is locked just now is no reason not to connect: its first call will find the end.
      tops.push({ source, top: await topOf(db, source, limit).catch(() => null) });
    }
    return tops.length > 0 ? new NewestIds(tops, limit) : undefined;
  }

  /** The rows above the last ones seen, one index look-up for each table. */
  async next(db: QueryExecutorProvider): Promise<RowKey[]> {
    const keys: RowKey[] = [];
    const withSessions = this.calls++ % SESSIONS_EVERY === 0;
    for (const entry of this.tops) {
      const { source } = entry;
      if (source.stream === 'session' && !withSessions) continue;
      const top = entry.top ?? (await topOf(db, source, this.limit));
      const { rows } = await sql<{ id: string; mine: number }>`
        select ${this.limit.front(MAX_KEYS_PER_READ)} ${idText(source)} as id,
          case when ${allOf(counting(source))} then 1 else 0 end as mine
        from ${source.from}
        where ${idOf(source)} > ${sql.raw(top)}
        order by ${idOf(source)} ${this.limit.end(MAX_KEYS_PER_READ)}
      `.execute(db);
      const numbered = rows.filter(({ id }) => WHOLE_NUMBER.test(id));
      entry.top = numbered.at(-1)?.id ?? top;
      // In a table of several kinds the others are somebody else's.
      const mine = numbered.filter((row) => row.mine === 1);
      keys.push(...mine.map(({ id }) => ({ stream: source.stream, id: source.outward(id) })));
    }
    return keys.slice(0, MAX_KEYS_PER_READ);
  }
}

async function topOf(db: QueryExecutorProvider, source: Source, limit: Limit): Promise<string> {
  const { rows } = await sql<{ top: string | null }>`
    select ${limit.front(1)} ${idText(source)} as top from ${source.from}
    order by ${idOf(source)} desc ${limit.end(1)}
  `.execute(db);
  const top = rows[0]?.top ?? '0';
  return WHOLE_NUMBER.test(top) ? top : '0';
}

function idOf({ id }: Source): RawBuilder<unknown> {
  return id.only?.reference ?? sql`null`;
}

function idText(source: Source): RawBuilder<string | null> {
  return source.columns[0] ?? sql`null`;
}
