import { Socket, type SocketConnectOpts } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

import { sql } from 'kysely';
import { Client, type Notification } from 'pg';

import { fault, type AdapterError } from '../../domain/errors.js';
import { prepareConnection } from '../sql/connection.js';
import { orAborted } from '../sql/results.js';
import { borrowSession, type OwnKysely } from '../sql/borrowed.js';
import { CLOSE_MS, oneAtATime, type Access, type SqlSession } from '../sql/session.js';
import { NO_TLS } from '../sql/system-errors.js';
import { borrowedKysely, kyselyOver, literalKyselyOver } from './dialect.js';
import { toFault } from './errors.js';
import type { ResolvedPostgresOptions } from './options.js';
import { configure, configureForNow } from './settings.js';

/** One connection to the clinic's server, which may also be told of what others notify. */
export interface Session extends SqlSession {
  onNotification(listener: (message: Notification) => void): void;
}

/** Connects and fixes the settings. `onLost` hears of an end that we did not ask for, at most once. Throws adapter errors. */
export async function openSession(
  options: ResolvedPostgresOptions,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
  access: Access = 'read',
): Promise<Session> {
  const own = access === 'write' ? options.own?.write : options.own?.read;
  if (own) return borrow(own, options, signal, onLost, access);
  const connection = access === 'write' ? { ...options.connection, ...options.write } : options.connection;
  const { host, port, password } = await prepareConnection(connection, signal);
  const socket = socketTo(host, port);
  const hasNoTls = connection.tls === 'off' ? () => false : watchForNoTls(socket);
  const client = new Client({
    // The certificate is held against this name, whatever way the connection takes.
    host: connection.host,
    stream: () => socket,
    database: connection.database,
    user: connection.user,
    ...(password === undefined ? {} : { password }),
    ssl: tlsOf(connection),
    application_name: 'clinic-sync',
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  let state: 'opening' | 'open' | 'ended' = 'opening';
  const end = (error: AdapterError) => {
    const wasOpen = state === 'open';
    state = 'ended';
    if (wasOpen) onLost(error);
  };
  // Without a listener an `error` event would end the process.
  client.on('error', (error) => {
    end(toFault(error, 'connecting'));
  });
  client.on('end', () => {
    end(fault('ClinicUnreachable'));
  });
  const drop = () => {
    state = 'ended';
    // A polite goodbye would wait for the statement under way.
    streamOf(client)?.destroy();
    void client.end().catch(() => undefined);
  };
  const db = access === 'write' ? literalKyselyOver(client) : kyselyOver(client);
  try {
    await orAborted(
      signal,
      client.connect().then(() => configure(db, options, access)),
      drop,
    );
  } catch (error) {
    drop();
    if (error instanceof Error && 'retryable' in error) throw error;
    throw hasNoTls() ? fault('ClinicRefused', NO_TLS) : toFault(error, 'connecting');
  }
  state = 'open';
  return {
    id: (client as unknown as { processID?: number }).processID ?? 0,
    get received() {
      return streamOf(client)?.bytesRead ?? 0;
    },
    run: oneAtATime(db),
    get ended() {
      return state === 'ended';
    },
    onNotification: (listener) => client.on('notification', listener),
    drop,
    close: async () => {
      if (state === 'ended') return;
      state = 'ended';
      const timer = setTimeout(drop, CLOSE_MS);
      await client.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** On a connection of the caller's. It hears no notifications. */
async function borrow(
  own: OwnKysely,
  options: ResolvedPostgresOptions,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
  access: Access,
): Promise<Session> {
  const session = await borrowSession(
    own,
    {
      kyselyOver: (run) => borrowedKysely(run, access),
      configure: (db) => configureForNow(db, options, access),
      idOf: async (db) => (await sql<{ id: number }>`select pg_backend_pid()::int as id`.execute(db)).rows[0]?.id ?? 0,
      toFault: (error) => toFault(error, 'connecting'),
      timeoutMs: options.connectTimeoutMs,
    },
    signal,
    onLost,
  );
  return Object.assign(session, { onNotification: () => undefined });
}

function tlsOf({ tls, ca }: ResolvedPostgresOptions['connection']): ConnectionOptions | false {
  return tls !== 'off' && { rejectUnauthorized: tls === 'verify', ...(ca === undefined ? {} : { ca }) };
}

/** A socket that goes where it is routed, whatever host the driver names. */
function socketTo(host: string, port: number): Socket {
  const socket = new Socket();
  const place: SocketConnectOpts = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${String(port)}` } : { host, port };
  const dial = (socket.connect as (to: SocketConnectOpts) => Socket).bind(socket);
  return Object.assign(socket, { connect: () => dial(place) });
}

/**
 * Listens to the first byte, which answers the question for TLS (https://www.postgresql.org/docs/current/protocol-flow.html). The
 * driver gives no code to a no, and ends the connection.
 */
function watchForNoTls(socket: Socket): () => boolean {
  let isNo = false;
  socket.once('data', (bytes: Buffer) => {
    isNo = bytes.toString('latin1') === 'N';
  });
  return () => isNo;
}

/** The driver's stream, encrypted or not: not in its types, and the only way to end a connection without waiting for it. */
function streamOf(client: Client): Socket | undefined {
  return (client as unknown as { connection?: { stream?: Socket } }).connection?.stream;
}
