import type { Kysely } from 'kysely';

import { ClinicSyncError } from '../../domain/errors.js';
import { bindSchema, type BoundSchema } from './check.js';
import type { Catalog, SqlEngine } from './engine.js';
import type { ResolvedSchema } from './schema/resolve.js';
import type { RunAs } from './server-link.js';

/**
 * Finds the schema as the login that reads is shown it; where that is not enough, with the columns that the one which writes is shown:
 * a login sees what it has a right to, and the one that reads may well have none to the columns that a booking fills.
 */
export async function bindAsBoth(
  schema: ResolvedSchema,
  engine: SqlEngine,
  catalogOf: (db: Kysely<object>) => Catalog,
  db: Kysely<object>,
  asWriter: RunAs | undefined,
): Promise<BoundSchema> {
  const reading = catalogOf(db);
  try {
    return await bindSchema(schema, engine, reading);
  } catch (error) {
    if (!asWriter) throw error;
    return await bindSchema(schema, engine, catalogOfBoth(reading, asWriter, catalogOf));
  }
}

function catalogOfBoth(reading: Catalog, asWriter: RunAs, catalogOf: (db: Kysely<object>) => Catalog): Catalog {
  return {
    ...reading,
    async table(path) {
      const own = await reading.table(path);
      if (!own) return undefined;
      const others = await asWriter((db) => catalogOf(db).table(own.path)).catch(unlessHidden);
      const isShown = (name: string) => own.columns.some((column) => column.name === name);
      const more = (others?.columns ?? []).filter(({ name }) => !isShown(name));
      return { ...own, columns: [...own.columns, ...more.map((column) => ({ ...column, readable: false }))] };
    },
  };
}

/** The login that writes need not see every table that is read. */
function unlessHidden(error: unknown): undefined {
  if (error instanceof ClinicSyncError && error.code === 'PermissionDenied') return;
  throw error;
}
