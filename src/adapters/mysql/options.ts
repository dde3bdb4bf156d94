import { isIP } from 'node:net';

import { Kysely, MysqlDialect, type MysqlPool } from 'kysely';

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

/**
 * Port 3306 by default; a `host` that begins with `/` is the path of a Unix socket. With `tls: 'verify'`, the default away from
 * loopback, the host must be a name and not an address, because the driver holds no certificate against an address (it would
 * look for `localhost` in it): where the name does not lead to the server, `route` says the address.
 */
export type MysqlConnection = SqlConnection;
export type MysqlLogin = SqlLogin;
/** A pool of `mysql2` (the one with callbacks), or a Kysely of any tables over one. */
export type MysqlOwn = Own<MysqlPool>;

export interface MysqlOptions {
  /**
   * Or a URL `mysql://user:password@host:port/database?ssl-mode=…` (also `mariadb://`); `ssl-mode` `disabled` means `off`,
   * `required` means `unverified`, every other one `verify`. Or a `pool` or `kysely` of yours, from which up to `readConnections` and two
   * connections are borrowed for the link's life. They are given back as they came, and what you passed in is never closed.
   */
  readonly connection: MysqlConnection | string | MysqlOwn;
  readonly schema: ClinicSchema;
  /** How long to try to connect, in ms. Default 5 s: then it is tried again, sooner than a lost greeting would be noticed. */
  readonly connectTimeoutMs?: number;
  /** After how long the server ends a reading statement of ours, in ms. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether appointments may be booked and deleted; `schema.appointments.booking` says how. A login of its own, or `true` for
   * that of `connection` (or a pool or Kysely, where that is one); it needs SELECT on the mapped columns of the appointments and blockouts and on the token's, INSERT on
   * those that are written, and DELETE on the appointments. Default: only reading.
   */
  readonly write?: boolean | MysqlLogin | MysqlOwn;
  /** Connections for reading rows beside the one that watches; idle ones close. Default 2. */
  readonly readConnections?: number;
}

export interface ResolvedMysqlOptions extends ResolvedSources {
  readonly schema: ResolvedSchema;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly readConnections: number;
}

export function parseMysqlUrl(text: string): MysqlConnection {
  const values = { disabled: 'off', required: 'unverified' } as const;
  return parseConnectionUrl(text, { protocols: ['mysql:', 'mariadb:'], tls: { name: 'ssl-mode', values } });
}

export function resolveMysqlOptions(options: MysqlOptions): ResolvedMysqlOptions {
  const sources = resolveSources<MysqlPool>(options, {
    port: 3306,
    parse: parseMysqlUrl,
    kyselyOver: (pool) => new Kysely<object>({ dialect: new MysqlDialect({ pool }) }),
  });
  if (sources.connection.tls === 'verify' && isIP(sources.connection.host) !== 0) {
    const field = 'connection.host';
    throw fault(
      'InvalidArgument',
      `${field} must be the name in the server's certificate, with connection.route leading to the address; or choose connection.tls.`,
      { field },
    );
  }
  const schema = resolveSchema(options.schema);
  if (sources.write) mustBook(schema);
  return {
    ...sources,
    schema,
    connectTimeoutMs: options.connectTimeoutMs ?? 5 * SECOND,
    statementTimeoutMs: options.statementTimeoutMs ?? 30 * SECOND,
    readConnections: options.readConnections ?? 2,
  };
}
