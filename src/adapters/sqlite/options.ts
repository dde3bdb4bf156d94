import { resolve } from 'node:path';

import type { ClinicSchema } from '../sql/schema/schema.js';
import { mustBook, resolveSchema, type ResolvedSchema } from '../sql/schema/resolve.js';

export interface SqliteOptions {
  /** The database file. It is opened read-only, except for `write`, and never created. */
  readonly path: string;
  readonly schema: ClinicSchema;
  /**
   * How long a statement waits for a writer before it answers `ClinicBusy`, in ms. SQLite waits on the thread, so everything
   * in this process waits with it. Default 250.
   */
  readonly busyTimeoutMs?: number;
  /** False: no file watch; changes are noticed by the pulse alone. Default true. */
  readonly watch?: boolean;
  /** Whether appointments may be booked and deleted; `schema.appointments.booking` says how. Default false. */
  readonly write?: boolean;
}

export interface ResolvedSqliteOptions {
  /** Absolute, which also keeps SQLite from taking it for a URI or `:memory:`. */
  readonly path: string;
  readonly schema: ResolvedSchema;
  readonly busyTimeoutMs: number;
  readonly watch: boolean;
  readonly write: boolean;
}

export const DEFAULT_BUSY_TIMEOUT_MS = 250;

export function resolveSqliteOptions(options: SqliteOptions): ResolvedSqliteOptions {
  const schema = resolveSchema(options.schema);
  const write = options.write ?? false;
  if (write) mustBook(schema);
  return {
    path: resolve(options.path),
    schema,
    write,
    busyTimeoutMs: options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS,
    watch: options.watch ?? true,
  };
}
