import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a {@link TcpProxy} leads. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

export type Direction = 'toServer' | 'toClient';

/**
 * What becomes of what passes. `stall`: nothing passes, and nothing is closed, as behind a router that lost its power. `refuse`:
 * new connections are closed at once. Both leave the open ones to `cut` and `reset`.
 */
export type ProxyMode = 'pass' | 'stall' | 'refuse';

/** Bytes that are kept back. */
export interface HeldBytes {
  /** Resolves when there is something to keep back. */
  readonly caught: Promise<void>;
  /** Lets them go on, whether whoever sent them is still there or not. */
  release(): void;
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

/** A road to a database server that can fail in every way a network does. For tests; listens on loopback. */
export class TcpProxy {
  private readonly connections = new Set<Connection>();
  private readonly server: Server;
  private mode: ProxyMode = 'pass';
  private opened: (() => void)[] = [];
  private delayMs = 0;
  private bytesPerSecond = Number.POSITIVE_INFINITY;
  private spoil: ((bytes: Buffer) => { readonly bytes: Buffer; readonly thenClose: boolean }) | null = null;
  private readonly holds = new Set<(direction: Direction, bytes: Buffer) => Promise<void> | undefined>();

  private constructor(private readonly target: ProxyTarget) {
    this.server = createServer((client) => {
      this.accept(client);
    });
  }

  static async listen(target: ProxyTarget): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', reject);
      proxy.server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get openConnections(): number {
    return this.connections.size;
  }

  set(mode: ProxyMode): void {
    this.mode = mode;
    if (mode !== 'stall') for (const go of this.opened.splice(0)) go();
  }

  /** Each piece that arrives is passed on so much later. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** In each direction of each connection. */
  throttle(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Closes every connection, in order. */
  cut(): void {
    for (const { client, server } of this.connections) {
      client.end();
      server.end();
      client.destroySoon();
      server.destroySoon();
    }
  }

  /** Tears every connection down with a reset. */
  reset(): void {
    for (const { client, server } of this.connections) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** The next piece that a server sends is replaced by nonsense of the same length. */
  garbage(): void {
    this.spoil = (bytes) => ({ bytes: Buffer.alloc(bytes.length, 0xa5), thenClose: false });
  }

  /** Of the next piece that a server sends one half arrives, and then the end. */
  truncate(): void {
    this.spoil = (bytes) => ({ bytes: bytes.subarray(0, bytes.length >> 1), thenClose: true });
  }

  /** Keeps the first piece back that contains a text, and everything after it on the same way. */
  hold(direction: Direction, text: string): HeldBytes {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let catchIt: () => void = () => undefined;
    const caught = new Promise<void>((resolve) => {
      catchIt = resolve;
    });
    const check = (at: Direction, bytes: Buffer) => {
      if (at !== direction || !bytes.includes(text)) return undefined;
      this.holds.delete(check);
      catchIt();
      return released;
    };
    this.holds.add(check);
    return { caught, release };
  }

  /** Ends everything, at once. */
  async close(): Promise<void> {
    this.set('refuse');
    for (const { client, server } of this.connections) {
      client.destroy();
      server.destroy();
    }
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  private accept(client: Socket): void {
    if (this.mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.target, noDelay: true });
    client.setNoDelay(true);
    const connection = { client, server };
    this.connections.add(connection);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    this.pump(client, server, 'toServer');
    this.pump(server, client, 'toClient');
    const forget = () => {
      if (client.destroyed && server.destroyed) this.connections.delete(connection);
    };
    client.on('close', forget);
    server.on('close', forget);
  }

  /** What came is passed on in its order, also after its sender has gone. */
  private pump(from: Socket, to: Socket, direction: Direction): void {
    let tail: Promise<void> = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      tail = tail.then(() => this.pass(bytes, to, direction));
    });
    from.on('close', () => {
      void tail.then(() => this.open()).then(() => to.destroySoon());
    });
  }

  private async pass(bytes: Buffer, to: Socket, direction: Direction): Promise<void> {
    for (const check of this.holds) await check(direction, bytes);
    await this.open();
    const wait = this.delayMs + (bytes.length / this.bytesPerSecond) * 1_000;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const spoilt = direction === 'toClient' ? this.spoil?.(bytes) : undefined;
    if (spoilt) this.spoil = null;
    if (!to.destroyed) to.write(spoilt?.bytes ?? bytes);
    if (spoilt?.thenClose === true) to.destroySoon();
  }

  /** Waits while nothing may pass. */
  private async open(): Promise<void> {
    while (this.mode === 'stall') {
      await new Promise<void>((resolve) => {
        this.opened.push(resolve);
      });
    }
  }
}
