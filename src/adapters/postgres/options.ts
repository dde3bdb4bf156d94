import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';

import { fault } from '../../domain/errors.js';
import { SECOND } from '../../domain/instant.js';
import type { Own } from '../sql/borrowed.js';
import {
  parseConnectionUrl,
  resolveSources,
  type ResolvedSources,
  type SqlConnection,
  type SqlLogin,
} from '../sql/connection.js';
import { mustBook, resolveSchema, type ResolvedSchema } from '../sql/schema/resolve.js';
import type { ClinicSchema } from '../sql/schema/schema.js';

export type PostgresConnection = SqlConnection;
export type PostgresLogin = SqlLogin;
/** A pool of `pg`, or a Kysely of any tables over one. */
export type PostgresOwn = Own<PostgresPool>;

export interface PostgresOptions {
  /**
   * Or a URL `postgres://user:password@host:port/database?sslmode=…`; `sslmode` `disable` means `off`, `no-verify` means
   * `unverified`, every other one `verify`. Or a `pool` or `kysely` of yours, from which up to `readConnections` and two connections
   * are borrowed for the link's life. They are given back as they came, and what you passed in is never closed; push cannot be
   * had over them.
   */
  readonly connection: PostgresConnection | string | PostgresOwn;
  readonly schema: ClinicSchema;
  /** `trigger`: hear of changes through triggers that `installPostgresPush` made. Default `off`. */
  readonly push?: 'off' | 'trigger';
  /** The channel that the triggers notify. Default `clinic_sync`. */
  readonly pushChannel?: string;
  /** How long to try to connect, in ms. Default 5 s: then it is tried again, sooner than a lost greeting would be noticed. */
  readonly connectTimeoutMs?: number;
  /** After how long the server ends a statement of ours, in ms. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether appointments may be booked and deleted; `schema.appointments.booking` says how. A login of its own, or `true` for
   * that of `connection` (or a pool or Kysely, where that is one); it needs SELECT on the mapped columns of the appointments and blockouts and on the token's, INSERT on
   * those that are written, and DELETE on the appointments. Default: only reading.
   */
  readonly write?: boolean | PostgresLogin | PostgresOwn;
  /** Connections for reading rows beside the one that watches; idle ones close. Default 2. */
  readonly readConnections?: number;
}

export interface ResolvedPostgresOptions extends ResolvedSources {
  readonly schema: ResolvedSchema;
  readonly push: 'off' | 'trigger';
  readonly pushChannel: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
}

export const DEFAULT_PUSH_CHANNEL = 'clinic_sync';

export function parsePostgresUrl(text: string): PostgresConnection {
  const values = { disable: 'off', 'no-verify': 'unverified' } as const;
  return parseConnectionUrl(text, { protocols: ['postgres:', 'postgresql:'], tls: { name: 'sslmode', values } });
}

export function resolvePostgresOptions(options: PostgresOptions): ResolvedPostgresOptions {
  const sources = resolveSources<PostgresPool>(options, {
    port: 5432,
    parse: parsePostgresUrl,
    kyselyOver: (pool) => new Kysely<object>({ dialect: new PostgresDialect({ pool }) }),
  });
  const schema = resolveSchema(options.schema);
  if (sources.write) mustBook(schema);
  if (sources.own && options.push === 'trigger') {
    throw fault('InvalidArgument', 'push must be off over connections of yours: they cannot be listened on.', {
      field: 'push',
    });
  }
  return {
    ...sources,
    schema,
    push: options.push ?? 'off',
    pushChannel: options.pushChannel ?? DEFAULT_PUSH_CHANNEL,
    connectTimeoutMs: options.connectTimeoutMs ?? 5 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}
