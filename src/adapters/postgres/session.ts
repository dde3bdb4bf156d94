import type { Socket } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';

import { sql, type Kysely } from 'kysely';
import { Client, type Notification } from 'pg';

import { fault, type AdapterError } from '../../domain/errors.js';
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
import { kyselyOver, literalKyselyOver } from './dialect.js';
import { toFault } from './errors.js';
import type { ResolvedPostgresOptions } from './options.js';

/** One connection to the clinic's server, which may also be told of what others notify. */
export interface Session extends SqlSession {
  onNotification(listener: (message: Notification) => void): void;
}

const IDLE_IN_TRANSACTION_MS = 60_000;

/** Connects and fixes the settings. `onLost` hears of an end that we did not ask for, at most once. Throws adapter errors. */
export async function openSession(
  options: ResolvedPostgresOptions,
  signal: AbortSignal,
  onLost: (error: AdapterError) => void,
  access: Access = 'read',
): Promise<Session> {
  const connection = access === 'write' ? { ...options.connection, ...options.write } : options.connection;
  const { host, port, password } = await prepareConnection(connection, signal);
  const client = new Client({
    host,
    port,
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
    throw error instanceof Error && 'retryable' in error ? error : toFault(error, 'connecting');
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

/**
 * Whatever the server's, database's or login's defaults are, ours are these. Texts and limits are fixed; readers are
 * forbidden to write; the server drops a client that it no longer hears, so that the lock of a dead owner is free again in about 20 s.
 */
async function configure(db: Kysely<object>, options: ResolvedPostgresOptions, access: Access): Promise<void> {
  const ms = (value: number) => `${String(Math.ceil(value))}ms`;
  const settings: [name: string, value: string, sinceVersion: number][] = [
    ['default_transaction_read_only', access === 'read' ? 'on' : 'off', 0],
    ['default_transaction_isolation', 'read committed', 0],
    ['statement_timeout', ms(access === 'read' ? options.statementTimeoutMs : WRITE_TIMEOUT_MS), 0],
    ['lock_timeout', ms(LOCK_TIMEOUT_MS), 0],
    ['idle_in_transaction_session_timeout', ms(IDLE_IN_TRANSACTION_MS), 0],
    ['tcp_keepalives_idle', '10', 0],
    ['tcp_keepalives_interval', '5', 0],
    ['tcp_keepalives_count', '2', 0],
    ['tcp_user_timeout', '20000', 120_000],
    ['datestyle', 'ISO, YMD', 0],
    ['intervalstyle', 'postgres', 0],
    ['timezone', 'UTC', 0],
    ['extra_float_digits', '1', 0],
    // Bytes of the server's own encoding are compared by hash on both sides, so both must mean the same characters.
    ['client_encoding', 'UTF8', 0],
  ];
  const version = sql`current_setting('server_version_num')::int`;
  const calls = settings.map(([name, value, since]) =>
    since === 0
      ? sql`set_config(${name}, ${value}, false)`
      : sql`case when ${version} >= ${sql.lit(since)} then set_config(${name}, ${value}, false) end`,
  );
  await sql`select ${sql.join(calls)}`.execute(db);
}

/** The certificate must be the clinic's, whatever way the connection takes to it. */
function tlsOf({ tls, ca, host }: ResolvedPostgresOptions['connection']): ConnectionOptions | false {
  if (tls === 'off') return false;
  return {
    rejectUnauthorized: tls === 'verify',
    checkServerIdentity: (_routed, certificate) => checkServerIdentity(host, certificate),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** The driver's socket: not in its types, and the only way to end a connection without waiting for it. */
function streamOf(client: Client): Socket | undefined {
  return (client as unknown as { connection?: { stream?: Socket } }).connection?.stream;
}
