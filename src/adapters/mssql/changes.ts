import { sql, type QueryExecutorProvider } from 'kysely';

import type { RowKey } from '../../domain/row.js';
import { MAX_KEYS_PER_READ } from '../adapter.js';
import type { KeySource } from '../sql/newest.js';
import type { Source } from '../sql/source.js';
import { tried } from './probe.js';
import { quotedPath } from './text.js';

/**
 * Names the rows that change tracking has seen since the last call: inserted, edited and deleted ones. Where its history was
 * truncated, or too much has changed, it names nothing, and the look at everything finds what there is.
 */
export class TrackedChanges implements KeySource {
  private constructor(
    private readonly sources: readonly Source[],
    private base: string,
  ) {}

  /** `undefined` where a table is not tracked, is tracked by another key than the mapped id, or this login may not ask. */
  static async from(db: QueryExecutorProvider, sources: readonly Source[]): Promise<TrackedChanges | undefined> {
    if (sources.some(({ id }) => id.only === null)) return undefined;
    const version = await tried(() => currentVersion(db));
    if (version === null) return undefined;
    const changes = new TrackedChanges(sources, version);
    return (await tried(() => changes.next(db))) === null ? undefined : changes;
  }

  async next(db: QueryExecutorProvider): Promise<RowKey[]> {
    const { base } = this;
    const until = (await currentVersion(db)) ?? base;
    const keys: RowKey[] = [];
    for (const source of this.sources) {
      const { rows } = await sql<{ id: string }>`
        select top (${sql.lit(MAX_KEYS_PER_READ + 1)}) ${source.columns[0] ?? sql`null`} as id
        from changetable(changes ${sql.id(...source.path)}, ${sql.raw(base)}) as t
        where ${sql.raw(base)} >= change_tracking_min_valid_version(object_id(${quotedPath(source.path)}))
      `.execute(db);
      keys.push(...rows.map(({ id }) => ({ stream: source.stream, id: source.outward(id) })));
    }
    this.base = until;
    return keys.length > MAX_KEYS_PER_READ ? [] : keys;
  }
}

/** `null` where the database is not tracked at all. */
async function currentVersion(db: QueryExecutorProvider): Promise<string | null> {
  const { rows } = await sql<{ version: string | null }>`
    select cast(change_tracking_current_version() as nvarchar(20)) as version
  `.execute(db);
  const version = rows[0]?.version ?? null;
  return version !== null && /^\d+$/.test(version) ? version : null;
}
