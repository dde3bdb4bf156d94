import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import type { Certificate } from './certificates.js';

/** Something on loopback that writes down what it is told. */
export interface Listener {
  readonly port: number;
  readonly told: Buffer;
  close(): Promise<void>;
}

/** A road to a server: what clients say, as anybody on the way can read it. */
export function wiretap(server: number): Promise<Listener> {
  return listen((client, note) => {
    const far = connect({ host: '127.0.0.1', port: server, noDelay: true });
    far.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('data', note).on('close', () => far.destroy());
    client.pipe(far).pipe(client);
  });
}

/** How a client of this engine asks for TLS. */
export interface Asking {
  /** Said by the server first. */
  readonly greeting: Buffer;
  /** How long the client's question is. */
  question(bytes: Buffer): number;
  /** The server's yes. */
  readonly yes: string;
}

/** Passes for a server, with a certificate of its own; what it is told over TLS. It answers nothing, and hangs up. */
export function impostor({ greeting, question, yes }: Asking, { cert, key }: Certificate): Promise<Listener> {
  return listen((client, note) => {
    client.write(greeting);
    client.once('data', (bytes: Buffer) => {
      client.pause();
      // The first bytes of TLS may have come with it.
      client.unshift(bytes.subarray(question(bytes)));
      client.write(yes);
      const secure = new TLSSocket(client, { isServer: true, cert, key });
      secure.on('error', () => client.destroy());
      secure.on('data', (told: Buffer) => {
        note(told);
        client.destroy();
      });
    });
  });
}

async function listen(onClient: (client: Socket, note: (bytes: Buffer) => void) => void): Promise<Listener> {
  const told: Buffer[] = [];
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => undefined);
    onClient(client, (bytes) => told.push(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get told() {
      return Buffer.concat(told);
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
