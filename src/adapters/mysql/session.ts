import { connect, type Socket } from 'node:net';

import type { Kysely } from 'kysely';
import { createConnection, type Connection, type SslOptions } from 'mysql2';

import { fault, type AdapterError } from '../../domain/errors.js';
import { borrowSession } from '../sql/borrowed.js';
import { prepareConnection } from '../sql/connection.js';
import { orAborted } from '../sql/results.js';
import { CLOSE_MS, oneAtATime, type Access, type SqlSession } from '../sql/session.js';
import { borrowedKysely, kyselyOver } from './dialect.js';
import { toFault } from './errors.js';
import type { ResolvedMysqlOptions } from './options.js';
import { connectionId } from './server.js';
import { configure, configureForNow } from './settings.js';

const KEEP_ALIVE_MS = 5_000;

/** Connects and fixes the settings. `onLost` hears of an end that we did not ask for, at most once. Throws adapter errors. */
export async function openSession(
  options: ResolvedMysqlOptions,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
  access: Access = 'read',
): Promise<SqlSession> {
  const own = access === 'write' ? options.own?.write : options.own?.read;
  if (own) {
    const borrowing = {
      kyselyOver: borrowedKysely,
      configure: (db: Kysely<object>) => configureForNow(db, options, access),
      idOf: connectionId,
      toFault: (error: unknown) => toFault(error, 'connecting'),
      timeoutMs: options.connectTimeoutMs,
    };
    return borrowSession(own, borrowing, signal, onLost);
  }
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
