import { fault } from '../../domain/errors.js';
import { SECOND } from '../../domain/instant.js';
import { isOwn, type OwnKysely } from '../sql/borrowed.js';
import {
  parseConnectionUrl,
  resolveSources,
  type ResolvedConnection,
  type ResolvedSources,
  type SqlConnection,
  type SqlLogin,
} from '../sql/connection.js';
import { mustBook, resolveSchema, type ResolvedSchema } from '../sql/schema/resolve.js';
import type { ClinicSchema } from '../sql/schema/schema.js';

/** Port 1433 by default. Logins are SQL Server's own, not Windows'. */
export interface MssqlConnection extends SqlConnection {
  /**
   * A named instance, such as `BPSINSTANCE`: its port is asked of the SQL Server Browser (UDP 1434) of `host` before each
   * connection. Not together with `port` or `route`.
   */
  readonly instance?: string;
}
export type MssqlLogin = SqlLogin;
/** A Kysely of any tables over its dialect for SQL Server, which has the pool inside. */
export interface MssqlOwn {
  readonly kysely: OwnKysely;
}

export interface MssqlOptions {
  /**
   * Or a URL `mssql://user:password@host:port/database?encrypt=…` (also `sqlserver://`); `encrypt` `false` means `off`, `unverified`
   * is itself, every other one means `verify`. Or a `kysely` of yours, from which up to `readConnections` and two connections are
   * borrowed for the link's life. They are given back as they came, and it is never destroyed.
   */
  readonly connection: MssqlConnection | string | MssqlOwn;
  readonly schema: ClinicSchema;
  /** How long to try to connect, in ms. Default 5 s: then it is tried again. */
  readonly connectTimeoutMs?: number;
  /** After how long a reading statement of ours is cancelled, in ms. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether appointments may be booked and deleted; `schema.appointments.booking` says how. A login of its own, or `true` for
   * that of `connection` (or a Kysely, where that is one); it needs SELECT on the mapped columns of the appointments and blockouts and on the token's, INSERT and
   * DELETE on the appointments. Default: only reading.
   */
  readonly write?: boolean | MssqlLogin | MssqlOwn;
  /** Connections for reading rows beside the one that watches; idle ones close. Default 2. */
  readonly readConnections?: number;
}

export interface ResolvedMssqlOptions extends ResolvedSources {
  readonly connection: ResolvedConnection & { readonly instance?: string };
  readonly schema: ResolvedSchema;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
}

export function parseMssqlUrl(text: string): MssqlConnection {
  const values = { false: 'off', unverified: 'unverified' } as const;
  return parseConnectionUrl(text, { protocols: ['mssql:', 'sqlserver:'], tls: { name: 'encrypt', values } });
}

export function resolveMssqlOptions(options: MssqlOptions): ResolvedMssqlOptions {
  const { connection, ...sources } = resolveSources<never>(options, {
    port: 1433,
    parse: parseMssqlUrl,
    kyselyOver: () => {
      const rule = "must be a Kysely: a pool of connections is made by Kysely's dialect for SQL Server";
      throw fault('InvalidArgument', `connection and write ${rule}.`, { field: 'connection' });
    },
  });
  const instance = instanceOf(options.connection);
  const schema = resolveSchema(options.schema);
  if (sources.write) mustBook(schema);
  return {
    ...sources,
    connection: { ...connection, ...(instance === undefined ? {} : { instance }) },
    schema,
    connectTimeoutMs: options.connectTimeoutMs ?? 5 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}

function instanceOf(connection: MssqlOptions['connection']): string | undefined {
  if (typeof connection === 'string' || isOwn(connection)) return undefined;
  const { instance, port, route } = connection;
  if (instance !== undefined && (port !== undefined || route !== undefined)) {
    const field = 'connection.instance';
    throw fault('InvalidArgument', `${field} must not be set together with port or route.`, { field });
  }
  return instance;
}
