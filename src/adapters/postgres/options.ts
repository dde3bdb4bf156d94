import { fault } from '../../domain/errors.js';
import { SECOND } from '../../domain/instant.js';
import { mustBook, resolveSchema, type ResolvedSchema } from '../sql/resolve.js';
import type { SqlSchema } from '../sql/schema.js';
import { parseConnectionString } from './connection-string.js';

/** A password, or what fetches one for each new connection (short-lived tokens). */
export type Password = string | (() => string | Promise<string>);

/**
 * `verify`: TLS, and the server's certificate must be valid for its host. `unverified`: TLS with any certificate, which keeps
 * out listeners but not impostors. `off`: no TLS.
 */
export type TlsMode = 'verify' | 'unverified' | 'off';

export interface PostgresConnection {
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  /** Default 5432. */
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  readonly password?: Password;
  /** Default `verify`; on loopback and Unix sockets `off`. */
  readonly tls?: TlsMode;
  /** Certificates to trust in place of the system's, in PEM. */
  readonly ca?: string;
}

export interface PostgresLogin {
  readonly user: string;
  readonly password?: Password;
}

export interface PostgresOptions {
  /**
   * Or a URL `postgres://user:password@host:port/database?sslmode=…`; `sslmode` `disable` means `off`, `no-verify` means
   * `unverified`, every other one `verify`.
   */
  readonly connection: PostgresConnection | string;
  readonly schema: SqlSchema;
  /** `trigger`: hear of changes through triggers that `installPostgresPush` made. Default `off`. */
  readonly push?: 'off' | 'trigger';
  /** The channel that the triggers notify. Default `clinic_sync`. */
  readonly pushChannel?: string;
  /** How long to try to connect, in ms. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** After how long the server ends a statement of ours, in ms. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether appointments may be booked and deleted; `schema.appointments.booking` says how. A login of its own, or `true` for
   * that of `connection`; it needs SELECT on the mapped columns of the appointments and blockouts and on the token's, INSERT on
   * those that are written, and DELETE on the appointments. Default: only reading.
   */
  readonly write?: boolean | PostgresLogin;
  /** Connections for reading rows beside the one that watches; idle ones close. Default 2. */
  readonly readConnections?: number;
}

export interface ResolvedPostgresOptions {
  readonly connection: Required<Pick<PostgresConnection, 'host' | 'port' | 'database' | 'user' | 'tls'>> &
    Pick<PostgresConnection, 'password' | 'ca'>;
  readonly schema: ResolvedSchema;
  readonly push: 'off' | 'trigger';
  readonly pushChannel: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
  /** The login that writes; `null`: nobody does. */
  readonly write: PostgresLogin | null;
}

export const DEFAULT_PUSH_CHANNEL = 'clinic_sync';

export function resolvePostgresOptions(options: PostgresOptions): ResolvedPostgresOptions {
  const given = options.connection;
  const connection = resolveConnection(typeof given === 'string' ? parseConnectionString(given) : given);
  const schema = resolveSchema(options.schema);
  const write = resolveWrite(options.write ?? false, connection);
  if (write) mustBook(schema);
  return {
    connection,
    schema,
    write,
    push: options.push ?? 'off',
    pushChannel: options.pushChannel ?? DEFAULT_PUSH_CHANNEL,
    connectTimeoutMs: options.connectTimeoutMs ?? 10 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}

function resolveConnection(connection: PostgresConnection): ResolvedPostgresOptions['connection'] {
  for (const field of ['host', 'database', 'user'] as const) {
    if (typeof connection[field] !== 'string' || connection[field] === '') {
      throw fault('InvalidArgument', `connection.${field} must be set.`, { field: `connection.${field}` });
    }
  }
  return {
    ...connection,
    port: connection.port ?? 5432,
    tls: connection.tls ?? (isLocal(connection.host) ? 'off' : 'verify'),
  };
}

function resolveWrite(
  write: boolean | PostgresLogin,
  { user, password }: ResolvedPostgresOptions['connection'],
): PostgresLogin | null {
  if (typeof write === 'boolean') return write ? { user, ...(password === undefined ? {} : { password }) } : null;
  if (typeof write.user === 'string' && write.user !== '') return write;
  throw fault('InvalidArgument', 'write.user must be set.', { field: 'write.user' });
}

/** Loopback addresses and the directories of Unix sockets. */
function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
