import { SqliteAdapter, SqliteQueryCompiler, sql, type Kysely, type RawBuilder } from 'kysely';

import { mysqlCatalog } from '../../src/adapters/mysql/catalog.js';
import { borrowedKysely as mysqlText } from '../../src/adapters/mysql/dialect.js';
import { MYSQL_ENGINE } from '../../src/adapters/mysql/engine.js';
import { postgresCatalog } from '../../src/adapters/postgres/catalog.js';
import { borrowedKysely as postgresText } from '../../src/adapters/postgres/dialect.js';
import { POSTGRES_ENGINE } from '../../src/adapters/postgres/engine.js';
import { bindSchema, type BoundSchema } from '../../src/adapters/sql/check.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { resolveSchema } from '../../src/adapters/sql/schema/resolve.js';
import { inStretch } from '../../src/adapters/sql/where.js';
import { overlapping } from '../../src/adapters/sql/guard.js';
import { sqliteCatalog } from '../../src/adapters/sqlite/catalog.js';
import { SQLITE_ENGINE } from '../../src/adapters/sqlite/engine.js';
import { lentKysely } from '../../src/adapters/sql/lent-driver.js';
import { DAY, HOUR, type Instant } from '../../src/domain/instant.js';
import type { Ground } from './ground.js';

/** Writes values into the text, so that it can be explained. */
class SqliteLiterals extends SqliteQueryCompiler {
  protected override appendValue(value: unknown): void {
    this.append(typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value));
  }
}

function writing(ground: Ground): Kysely<object> {
  const run = async (text: string) => ({ rows: [...(await ground.run(text))] });
  if (ground.engine === 'mysql') return mysqlText(run);
  if (ground.engine === 'postgres') return postgresText(run, 'write');
  return lentKysely({ adapter: () => new SqliteAdapter(), compiler: () => new SqliteLiterals(), run });
}

async function bound(ground: Ground, schema: ClinicSchema, db: Kysely<object>): Promise<BoundSchema> {
  const resolved = resolveSchema(schema);
  if (ground.engine === 'mysql') return bindSchema(resolved, MYSQL_ENGINE, mysqlCatalog(db));
  if (ground.engine === 'postgres') return bindSchema(resolved, POSTGRES_ENGINE, postgresCatalog(db));
  return bindSchema(resolved, SQLITE_ENGINE, sqliteCatalog(db));
}

/** What is asked of the appointments at every look: all of the future, a day of it, and a guard for one slot. */
export async function statementsOf(
  ground: Ground,
  schema: ClinicSchema,
  cutoff: Instant,
): Promise<readonly (readonly [what: string, text: string])[]> {
  const db = writing(ground);
  const { sources } = await bound(ground, schema, db);
  const [source] = sources;
  if (!source) throw new TypeError();
  const select = sql`select count(*) from ${source.from} where`;
  const text = (query: RawBuilder<unknown>) => query.compile(db).sql;
  const day = { from: cutoff + 3 * DAY + HOUR, to: cutoff + 4 * DAY, cutoff };
  const slot = { practitionerId: '3', locationId: null, start: cutoff + 30 * DAY, end: cutoff + 30 * DAY + HOUR };
  return [
    ['the whole future', text(sql`${select} ${inStretch(source, { from: null, to: null, cutoff })}`)],
    ['a day', text(sql`${select} ${inStretch(source, day)}`)],
    ['a guard', text(sql`select 1 from ${source.from} where ${overlapping(source, slot)}`)],
  ];
}
