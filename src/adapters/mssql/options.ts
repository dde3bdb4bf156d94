import { fault } from '../../domain/errors.js';
import { SECOND } from '../../domain/instant.js';
import {
  parseConnectionUrl,
  resolveConnection,
  resolveWrite,
  type ResolvedConnection,
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

export interface MssqlOptions {
  /**
   * Or a URL `mssql://user:password@host:port/database?encrypt=…` (also `sqlserver://`); `encrypt` `false` means `off`, `unverified`
   * is itself, every other one means `verify`.
   */
  readonly connection: MssqlConnection | string;
  readonly schema: ClinicSchema;
  /** How long to try to connect, in ms. Default 5 s: then it is tried again. */
  readonly connectTimeoutMs?: number;
  /** After how long a reading statement of ours is cancelled, in ms. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether appointments may be booked and deleted; `schema.appointments.booking` says how. A login of its own, or `true` for
   * that of `connection`; it needs SELECT on the mapped columns of the appointments and blockouts and on the token's, INSERT and
   * DELETE on the appointments. Default: only reading.
   */
  readonly write?: boolean | MssqlLogin;
  /** Connections for reading rows beside the one that watches; idle ones close. Default 2. */
  readonly readConnections?: number;
}

export interface ResolvedMssqlOptions {
  readonly connection: ResolvedConnection & { readonly instance?: string };
  readonly schema: ResolvedSchema;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
  /** The login that writes; `null`: nobody does. */
  readonly write: MssqlLogin | null;
}

export function parseMssqlUrl(text: string): MssqlConnection {
  const values = { false: 'off', unverified: 'unverified' } as const;
  return parseConnectionUrl(text, { protocols: ['mssql:', 'sqlserver:'], tls: { name: 'encrypt', values } });
}

export function resolveMssqlOptions(options: MssqlOptions): ResolvedMssqlOptions {
  const given = typeof options.connection === 'string' ? parseMssqlUrl(options.connection) : options.connection;
  const { instance } = given;
  if (instance !== undefined && (given.port !== undefined || given.route !== undefined)) {
    const field = 'connection.instance';
    throw fault('InvalidArgument', `${field} must not be set together with port or route.`, { field });
  }
  const connection = resolveConnection(given, 1433);
  const schema = resolveSchema(options.schema);
  const write = resolveWrite(options.write ?? false, connection);
  if (write) mustBook(schema);
  return {
    connection: { ...connection, ...(instance === undefined ? {} : { instance }) },
    schema,
    write,
    connectTimeoutMs: options.connectTimeoutMs ?? 5 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}
