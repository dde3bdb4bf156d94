import { connect, type Socket } from 'node:net';

import { sql, type Kysely } from 'kysely';
import { createConnection, type Connection, type SslOptions } from 'mysql2';

import { fault, type AdapterError } from '../../domain/errors.js';
import { SECOND } from '../../domain/instant.js';
import { prepareConnection } from '../sql/connection.js';
import { orAborted } from '../sql/results.js';
import {
  CLOSE_MS,
  LOCK_TIMEOUT_MS,
  oneAtATime,
  WRITE_TIMEOUT_MS,
  type Access,
  type SqlSession,
} from '../sql/session.js';
import { kyselyOver } from './dialect.js';
import { toFault } from './errors.js';
import type { ResolvedMysqlOptions } from './options.js';
import { isMariadbVersion } from './server.js';

/** After so long without a word from us the server ends the session, and with it the lock of a dead owner. */
const SILENCE_S = 45;
const KEEP_ALIVE_MS = 5_000;

/** Connects and fixes the settings. `onLost` hears of an end that we did not ask for, at most once. Throws adapter errors. */
export async function openSession(
  options: ResolvedMysqlOptions,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
  access: Access = 'read',
): Promise<SqlSession> {
  const connection = access === 'write' ? { ...options.connection, ...options.write } : options.connection;
  const { host, port, password } = await prepareConnection(connection, signal);
  let socket: Socket | undefined;
  const client = createConnection({
    // The certificate is held against this name, whatever way the connection takes.
    host: connection.host,
    stream: () => (socket = dial(host, port)),
    database: connection.database,
    user: connection.user,
    ...(password === undefined ? {} : { password }),
    ...(connection.tls === 'off' ? {} : { ssl: tlsOf(connection) }),
    connectTimeout: options.connectTimeoutMs,
    charset: 'utf8mb4',
    // A booking and the look at what became of it are one message.
    multipleStatements: access === 'write',
    supportBigNumbers: true,
    dateStrings: true,
    disableEval: true,
  });
  let state: 'opening' | 'open' | 'ended' = 'opening';
  const end = (error: AdapterError) => {
    const wasOpen = state === 'open';
    state = 'ended';
    if (wasOpen) onLost(error);
  };
  const drop = () => {
    state = 'ended';
    client.destroy();
  };
  // Without a listener an `error` event would end the process.
  client.on('error', (error) => {
    end(toFault(error, 'connecting'));
  });
  client.on('end', () => {
    end(fault('ClinicUnreachable'));
  });
  const db = kyselyOver(client);
  try {
    await orAborted(
      signal,
      connected(client).then(() => configure(db, options, access)),
      drop,
    );
  } catch (error) {
    drop();
    throw error instanceof Error && 'retryable' in error ? error : toFault(error, 'connecting');
  }
  state = 'open';
  return {
    id: client.threadId,
    get received() {
      return socket?.bytesRead ?? 0;
    },
    run: oneAtATime(db),
    get ended() {
      return state === 'ended';
    },
    drop,
    close: async () => {
      if (state === 'ended') return;
      state = 'ended';
      const timer = setTimeout(drop, CLOSE_MS);
      await new Promise<void>((resolve) => {
        client.end(() => {
          resolve();
        });
        client.once('end', resolve);
        setTimeout(resolve, CLOSE_MS).unref();
      });
      clearTimeout(timer);
      client.destroy();
    },
  };
}

function dial(host: string, port: number): Socket {
  if (host.startsWith('/')) return connect({ path: host });
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
}

function connected(client: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    client.connect((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function tlsOf({ tls, ca }: ResolvedMysqlOptions['connection']): SslOptions {
  // The driver leaves names unverified unless told.
  const verify = tls === 'verify';
  return { rejectUnauthorized: verify, verifyIdentity: verify, ...(ca === undefined ? {} : { ca }) };
}

/**
 * Whatever the server's or login's defaults are, ours are these: values are checked and never bent to fit, backslashes escape,
 * times are UTC, nothing waits long for a lock, readers may not write.
 */
async function configure(db: Kysely<object>, options: ResolvedMysqlOptions, access: Access): Promise<void> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  const limitMs = access === 'read' ? options.statementTimeoutMs : WRITE_TIMEOUT_MS;
  const limit = isMariadbVersion(rows[0]?.version ?? '')
    ? sql`max_statement_time = ${limitMs / SECOND}`
    : // For reading statements alone.
      sql`max_execution_time = ${Math.ceil(limitMs)}`;
  await sql`
    set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1,
      lock_wait_timeout = ${LOCK_TIMEOUT_MS / SECOND}, innodb_lock_wait_timeout = ${LOCK_TIMEOUT_MS / SECOND},
      wait_timeout = ${SILENCE_S}, net_write_timeout = 20, sql_safe_updates = 0, sql_big_selects = 1,
      sql_select_limit = 18446744073709551615, ${limit}
  `.execute(db);
  const mode = sql.raw(access === 'read' ? 'read only' : 'read write');
  await sql`set session transaction isolation level repeatable read, ${mode}`.execute(db);
}
