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

export type PostgresConnection = SqlConnection;
export type PostgresLogin = SqlLogin;

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
  /** How long to try to connect, in ms. Default 5 s: then it is tried again, sooner than a lost greeting would be noticed. */
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
  readonly connection: ResolvedConnection;
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

export function parsePostgresUrl(text: string): PostgresConnection {
  const values = { disable: 'off', 'no-verify': 'unverified' } as const;
  return parseConnectionUrl(text, { protocols: ['postgres:', 'postgresql:'], tls: { name: 'sslmode', values } });
}

export function resolvePostgresOptions(options: PostgresOptions): ResolvedPostgresOptions {
  const given = options.connection;
  const connection = resolveConnection(typeof given === 'string' ? parsePostgresUrl(given) : given, 5432);
  const schema = resolveSchema(options.schema);
  const write = resolveWrite(options.write ?? false, connection);
  if (write) mustBook(schema);
  return {
    connection,
    schema,
    write,
    push: options.push ?? 'off',
    pushChannel: options.pushChannel ?? DEFAULT_PUSH_CHANNEL,
    connectTimeoutMs: options.connectTimeoutMs ?? 5 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}
