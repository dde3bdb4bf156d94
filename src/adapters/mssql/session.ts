import { connect, type Socket } from 'node:net';

import { sql, type Kysely } from 'kysely';
import { Connection, type ConnectionConfiguration } from 'tedious';

import { fault, type AdapterError } from '../../domain/errors.js';
import { borrowSession } from '../sql/borrowed.js';
import { prepareConnection } from '../sql/connection.js';
import type { LentDialect } from '../sql/lent-driver.js';
import { orAborted } from '../sql/results.js';
import {
  CLOSE_MS,
  LOCK_TIMEOUT_MS,
  oneAtATime,
  WRITE_TIMEOUT_MS,
  type Access,
  type SqlSession,
} from '../sql/session.js';
import { borrowedKysely, kyselyOver } from './dialect.js';
import { toFault } from './errors.js';
import type { ResolvedMssqlOptions } from './options.js';
import { configure, travellingSettings } from './settings.js';

const KEEP_ALIVE_MS = 5_000;

/** Connects and fixes the settings. `onLost` hears of an end that we did not ask for, at most once. Throws adapter errors. */
export async function openSession(
  options: ResolvedMssqlOptions,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
  access: Access = 'read',
): Promise<SqlSession> {
  const own = access === 'write' ? options.own?.write : options.own?.read;
  if (own) {
    const settings = travellingSettings();
    const borrowing = {
      kyselyOver: (run: LentDialect['run']) => borrowedKysely((text) => run(settings.before(text), [])),
      configure: settings.configure,
      idOf: sessionId,
      toFault: (error: unknown) => toFault(error, 'connecting'),
      timeoutMs: options.connectTimeoutMs,
    };
    return borrowSession(own, borrowing, signal, onLost);
  }
  const connection = access === 'write' ? { ...options.connection, ...options.write } : options.connection;
  const { host, port, password } = await prepareConnection(connection, signal);
  let socket: Socket | undefined;
  const client = new Connection(
    configurationOf({ ...options, connection }, password, access, () => dial(host, port, (made) => (socket = made))),
  );
  let state: 'opening' | 'open' | 'ended' = 'opening';
  const end = (error: AdapterError) => {
    const wasOpen = state === 'open';
    state = 'ended';
    if (wasOpen) onLost(error);
  };
  const drop = () => {
    state = 'ended';
    socket?.destroy();
    client.close();
  };
  // Without a listener an `error` event would end the process.
  client.on('error', (error) => {
    end(toFault(error, 'connecting'));
  });
  client.on('end', () => {
    end(fault('ClinicUnreachable'));
  });
  const db = kyselyOver(client);
  let id = 0;
  try {
    const opening = connected(client)
      .then(() => configure(db))
      .then(async () => (id = await sessionId(db)));
    await orAborted(signal, opening, drop);
  } catch (error) {
    drop();
    throw error instanceof Error && 'retryable' in error ? error : toFault(error, 'connecting');
  }
  state = 'open';
  return {
    id,
    // Through a named instance the socket is the driver's own: nobody can say what has come.
    get received() {
      return socket?.bytesRead ?? Number.NaN;
    },
    run: oneAtATime(db),
    get ended() {
      return state === 'ended';
    },
    drop,
    close: async () => {
      if (state === 'ended') return;
      state = 'ended';
      const over = new Promise<void>((resolve) => {
        client.once('end', resolve);
        setTimeout(resolve, CLOSE_MS).unref();
      });
      client.close();
      await over;
      socket?.destroy();
    },
  };
}

function configurationOf(
  { connection, connectTimeoutMs, statementTimeoutMs }: ResolvedMssqlOptions,
  password: string | undefined,
  access: Access,
  connector: () => Promise<Socket>,
): ConnectionConfiguration {
  const { tls, ca, instance } = connection;
  return {
    server: connection.host,
    authentication: {
      type: 'default',
      options: { userName: connection.user, ...(password === undefined ? {} : { password }) },
    },
    options: {
      ...(instance === undefined ? { connector } : { instanceName: instance }),
      database: connection.database,
      appName: 'clinic-sync',
      connectTimeout: connectTimeoutMs,
      // Cancelled, the server stops at once; it has no limit of its own.
      requestTimeout: access === 'read' ? statementTimeoutMs : WRITE_TIMEOUT_MS + LOCK_TIMEOUT_MS,
      cancelTimeout: CLOSE_MS,
      maxRetriesOnTransientErrors: 0,
      encrypt: tls !== 'off',
      trustServerCertificate: tls !== 'verify',
      ...(ca === undefined ? {} : { cryptoCredentialsDetails: { ca } }),
      useUTC: true,
      // Of everything that a batch has begun nothing is left when it fails.
      abortTransactionOnError: true,
      language: 'us_english',
      dateFormat: 'ymd',
    },
  };
}

function dial(host: string, port: number, keep: (socket: Socket) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    keep(socket);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function connected(client: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    client.connect((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function sessionId(db: Kysely<object>): Promise<number> {
  const { rows } = await sql<{ id: number }>`select cast(@@spid as int) as id`.execute(db);
  return rows[0]?.id ?? 0;
}
