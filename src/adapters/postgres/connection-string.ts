import { fault } from '../../domain/errors.js';
import type { PostgresConnection, TlsMode } from './options.js';

const TLS_OF: Readonly<Record<string, TlsMode>> = { disable: 'off', 'no-verify': 'unverified' };

/**
 * Reads a connection URL. Not left to the driver: its meaning of `sslmode` differs from the server's own tools and between its
 * versions, and TLS must not depend on that. The message never shows the text, which holds a password.
 */
export function parseConnectionString(text: string): PostgresConnection {
  try {
    const url = new URL(text);
    if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw new TypeError();
    const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
    const mode = url.searchParams.get('sslmode');
    return {
      host,
      database: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(mode === null ? {} : { tls: TLS_OF[mode] ?? 'verify' }),
    };
  } catch {
    throw fault('InvalidArgument', 'connection must be a URL such as postgres://user@host:5432/database.', {
      field: 'connection',
    });
  }
}
