import { SECOND } from '../../domain/instant.js';
import {
  parseConnectionUrl,
  resolveConnection,
  resolveWrite,
  type ResolvedConnection,
  type SqlConnection,
  type SqlLogin,
} from '../sql/connection.js';
import { mustBook, resolveSchema, type ResolvedSchema } from '../sql/resolve.js';
import type { SqlSchema } from '../sql/schema.js';

/**
 * Port 3306 by default; a `host` that begins with `/` is the path of a Unix socket. With `tls: 'verify'` the host must be a name,
 * because the driver verifies no addresses: use `route` where the name does not lead to the server.
 */
export type MysqlConnection = SqlConnection;
export type MysqlLogin = SqlLogin;

export interface MysqlOptions {
  /**
   * Or a URL `mysql://user:password@host:port/database?ssl-mode=…` (also `mariadb://`); `ssl-mode` `disabled` means `off`,
   * `required` means `unverified`, every other one `verify`.
   */
  readonly connection: MysqlConnection | string;
  readonly schema: SqlSchema;
  /** How long to try to connect, in ms. Default 5 s: then it is tried again, sooner than a lost greeting would be noticed. */
  readonly connectTimeoutMs?: number;
  /** After how long the server ends a reading statement of ours, in ms. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether appointments may be booked and deleted; `schema.appointments.booking` says how. A login of its own, or `true` for
   * that of `connection`; it needs SELECT on the mapped columns of the appointments and blockouts and on the token's, INSERT on
   * those that are written, and DELETE on the appointments. Default: only reading.
   */
  readonly write?: boolean | MysqlLogin;
  /** Connections for reading rows beside the one that watches; idle ones close. Default 2. */
  readonly readConnections?: number;
}

export interface ResolvedMysqlOptions {
  readonly connection: ResolvedConnection;
  readonly schema: ResolvedSchema;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
  /** The login that writes; `null`: nobody does. */
  readonly write: MysqlLogin | null;
}

export function parseMysqlUrl(text: string): MysqlConnection {
  const values = { disabled: 'off', required: 'unverified' } as const;
  return parseConnectionUrl(text, { protocols: ['mysql:', 'mariadb:'], tls: { name: 'ssl-mode', values } });
}

export function resolveMysqlOptions(options: MysqlOptions): ResolvedMysqlOptions {
  const given = options.connection;
  const connection = resolveConnection(typeof given === 'string' ? parseMysqlUrl(given) : given, 3306);
  const schema = resolveSchema(options.schema);
  const write = resolveWrite(options.write ?? false, connection);
  if (write) mustBook(schema);
  return {
    connection,
    schema,
    write,
    connectTimeoutMs: options.connectTimeoutMs ?? 5 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}
