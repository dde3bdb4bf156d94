import { fault } from '../../domain/errors.js';
import { isOwn, type Own, type OwnKysely } from './borrowed.js';

/** A password, or what fetches one for each new connection (short-lived tokens). */
export type Password = string | (() => string | Promise<string>);

/**
 * `verify`: TLS, and the server's certificate must be valid for its host. `unverified`: TLS with any certificate, which keeps
 * out listeners but not impostors. `off`: no TLS.
 */
export type TlsMode = 'verify' | 'unverified' | 'off';

/** Where a connection really goes to, instead of the clinic's host and port: the near end of a tunnel. */
export interface Route {
  readonly host: string;
  readonly port: number;
}

export interface SqlConnection {
  /** A name, an address, or (Postgres, MySQL) the path of a Unix socket. */
  readonly host: string;
  /** Default: the engine's usual one. */
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  readonly password?: Password;
  /** Default `verify`; on loopback and Unix sockets `off`. */
  readonly tls?: TlsMode;
  /** Certificates to trust in place of the system's, in PEM. */
  readonly ca?: string;
  /**
   * Asked before each new connection for the way to the clinic, such as the local end of an SSH tunnel, which it may have to
   * build first. The certificate must still be valid for `host`. A rejection counts as `ClinicUnreachable`.
   */
  readonly route?: (signal: AbortSignal) => Route | Promise<Route>;
}

export interface SqlLogin {
  readonly user: string;
  readonly password?: Password;
}

export type ResolvedConnection = Required<Pick<SqlConnection, 'host' | 'port' | 'database' | 'user' | 'tls'>> &
  Pick<SqlConnection, 'password' | 'ca' | 'route'>;

export function resolveConnection(connection: SqlConnection, defaultPort: number): ResolvedConnection {
  for (const field of ['host', 'database', 'user'] as const) {
    if (typeof connection[field] !== 'string' || connection[field] === '') {
      throw fault('InvalidArgument', `connection.${field} must be set.`, { field: `connection.${field}` });
    }
  }
  return {
    ...connection,
    port: connection.port ?? defaultPort,
    tls: connection.tls ?? (isLocal(connection.host) ? 'off' : 'verify'),
  };
}

/** The login that writes, or `null` where nobody does. */
export function resolveWrite(write: boolean | SqlLogin, { user, password }: ResolvedConnection): SqlLogin | null {
  if (typeof write === 'boolean') return write ? { user, ...(password === undefined ? {} : { password }) } : null;
  if (typeof write.user === 'string' && write.user !== '') return write;
  throw fault('InvalidArgument', 'write.user must be set.', { field: 'write.user' });
}

/** What stands in a description for the connection where every connection is the caller's. */
const THEIRS: ResolvedConnection = { host: 'theirs', port: 0, database: '', user: '', tls: 'off' };

export interface ResolvedSources {
  readonly connection: ResolvedConnection;
  /** The login that writes, or `null` where nobody does. */
  readonly write: SqlLogin | null;
  /** Where connections are the caller's. */
  readonly own: { readonly read: OwnKysely; readonly write: OwnKysely } | null;
}

/** Where connections come from: made by us, or the caller's own. */
export function resolveSources<Pool>(
  {
    connection,
    write = false,
  }: { connection: SqlConnection | string | Own<Pool>; write?: boolean | SqlLogin | Own<Pool> },
  engine: {
    readonly port: number;
    readonly parse: (url: string) => SqlConnection;
    readonly kyselyOver: (pool: Pool) => OwnKysely;
  },
): ResolvedSources {
  const kyselyOf = (own: Own<Pool>) => ('kysely' in own ? own.kysely : engine.kyselyOver(own.pool));
  const isOwnWrite = typeof write === 'object' && isOwn<Pool>(write);
  if (isOwn<Pool>(connection)) {
    if (typeof write === 'object' && !isOwnWrite) {
      const rule = 'must be true or a pool or Kysely of yours, as connection is';
      throw fault('InvalidArgument', `write ${rule}.`, { field: 'write' });
    }
    const read = kyselyOf(connection);
    const login = write === false ? null : { user: THEIRS.user };
    return { connection: THEIRS, write: login, own: { read, write: isOwnWrite ? kyselyOf(write) : read } };
  }
  if (isOwnWrite)
    throw fault('InvalidArgument', 'write must be true or a login, as connection is ours to make.', { field: 'write' });
  const resolved = resolveConnection(
    typeof connection === 'string' ? engine.parse(connection) : connection,
    engine.port,
  );
  return { connection: resolved, write: resolveWrite(write, resolved), own: null };
}

/** Loopback addresses and Unix sockets. */
function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What a connection needs at the moment at which it is made. Throws `ClinicUnreachable` where there is no way. */
export async function prepareConnection(
  { host, port, password, route }: ResolvedConnection,
  signal: AbortSignal,
): Promise<Route & { readonly password: string | undefined }> {
  try {
    const secret = typeof password === 'function' ? await password() : password;
    return { ...(route ? await route(signal) : { host, port }), password: secret };
  } catch {
    // Whatever it says may hold a secret.
    throw fault('ClinicUnreachable', 'The password or the route to the clinic could not be had.');
  }
}

/**
 * Reads a connection URL. Not left to the drivers: their meanings of the same words differ, and TLS must not depend on that. The
 * message never shows the text, which holds a password.
 */
export function parseConnectionUrl(
  text: string,
  { protocols, tls }: { readonly protocols: readonly string[]; readonly tls: TlsParameter },
): SqlConnection {
  try {
    const url = new URL(text);
    if (!protocols.includes(url.protocol)) throw new TypeError();
    const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
    const mode = url.searchParams.get(tls.name);
    return {
      host,
      database: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(mode === null ? {} : { tls: tls.values[mode.toLowerCase()] ?? 'verify' }),
    };
  } catch {
    const example = `${protocols[0] ?? ''}//user@host/database`;
    throw fault('InvalidArgument', `connection must be a URL such as ${example}.`, { field: 'connection' });
  }
}

/** The parameter of a URL that says how TLS is used; values other than these mean `verify`. */
export interface TlsParameter {
  readonly name: string;
  readonly values: Readonly<Record<string, TlsMode>>;
}
