/**
 * The one file that knows the driver. It goes beneath `Firebird.attach` for what that does not give: a connection that is lost
 * must stay lost (the driver would open another one behind our back), one that does not answer must be possible to drop, and
 * whatever arrives must not end the process.
 */
import type { Socket } from 'node:net';

import { fromCallback } from 'node-firebird/lib/callback.js';
import Connection from 'node-firebird/lib/wire/connection.js';
import type Database from 'node-firebird/lib/wire/database.js';
import type { WireResponse } from 'node-firebird/lib/wire/wire-types.js';

import { withKeyInPlace } from './challenge.js';
import { orAborted, within } from './results.js';

export interface FirebirdPlace {
  readonly host: string;
  /** Default 3050. */
  readonly port?: number;
  /** The path of the database's file at the server, or its alias there. */
  readonly database: string;
}

export interface FirebirdLogin {
  readonly user: string;
  readonly password: string;
}

/** One attachment of the server's to the database. */
export interface Attachment {
  readonly db: Database;
  readonly socket: Socket;
  /** Asks for information items of the database itself; the answer is a list of item, length and value. */
  info(items: readonly number[]): Promise<Buffer>;
}

const CONNECT_MS = 10_000;
const OP_INFO_DATABASE = 40;
const INFO_BYTES = 60_000;

/** Connects and logs in. Leaves nothing open when it throws. */
export async function attach(place: FirebirdPlace, login: FirebirdLogin, signal: AbortSignal): Promise<Attachment> {
  // `isPool` is what keeps the driver from reconnecting by itself.
  const options = { port: 3050, ...place, ...login, encoding: 'UTF8' as const, isPool: true };
  let connection: Connection | undefined;
  const opened = fromCallback<unknown>((done) => {
    connection = new Connection(options.host, options.port, done, options);
  });
  if (!connection) throw new TypeError('The driver has changed.');
  const made = connection;
  let isConnecting = true;
  const socket = guarded(made, (data) => (isConnecting ? withKeyInPlace(data) : data));
  const shakeHands = async () => {
    await opened;
    await fromCallback((done) => {
      made.connect(options, done);
    });
    isConnecting = false;
    return fromCallback<Database>((done) => {
      made.attach(options, done);
    });
  };
  const drop = () => {
    socket.destroy();
  };
  try {
    // A login that several of the server's plugins refuse, one after the other, is never answered by the driver.
    const db = await within(CONNECT_MS, orAborted(signal, shakeHands(), drop), drop);
    return { db, socket, info: (items) => info(made, items) };
  } catch (error) {
    drop();
    throw error;
  }
}

/** Sees to it that what the driver throws at an answer ends that connection, where it would have ended the process. */
function guarded({ _socket }: Connection, mend: (data: Buffer) => Buffer): Socket {
  const socket = _socket as unknown as Socket;
  const listeners = socket.listeners('data') as ((data: Buffer) => void)[];
  socket.removeAllListeners('data');
  for (const listener of listeners) {
    // The driver's own `on` would decipher once more.
    socket.addListener('data', (data: Buffer) => {
      try {
        listener(mend(data));
      } catch {
        socket.destroy(Object.assign(new Error('not understood'), { code: 'ERR_FIREBIRD_ANSWER' }));
      }
    });
  }
  return socket;
}

async function info(connection: Connection, items: readonly number[]): Promise<Buffer> {
  const padded = Math.ceil(items.length / 4) * 4;
  const packet = Buffer.alloc(16 + padded + 4);
  packet.writeInt32BE(OP_INFO_DATABASE, 0);
  packet.writeInt32BE(connection.dbhandle ?? 0, 4);
  packet.writeInt32BE(items.length, 12);
  packet.set(items, 16);
  packet.writeInt32BE(INFO_BYTES, 16 + padded);
  const { buffer } = await fromCallback<WireResponse>((done) => {
    // The driver takes one off for every answer.
    connection._pending.push('info');
    connection._queueEventBuffer(packet, done);
  });
  return buffer ?? Buffer.alloc(0);
}
