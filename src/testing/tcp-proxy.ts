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

/** What has passed. */
export interface Traffic {
  /** In bytes. */
  readonly toServer: number;
  readonly toClient: number;
  /** How often a client asked after it had been answered, or for the first time: of one who waits for each answer, its round trips. */
  readonly turns: number;
}

/** What a road is like; what is left out is as on loopback. */
export interface RoadOptions {
  /** From one end to the other, in ms: half of a round trip. */
  readonly delayMs?: number;
  /** In each direction, shared by all connections. */
  readonly bytesPerSecond?: number;
  /** Packets of 1,460 bytes are lost with this chance, and come `againMs` late (200, the least that TCP waits, by default). */
  readonly loss?: number;
  readonly againMs?: number;
  /** Draws from 0 to 1, for a loss that can be repeated. Default: `Math.random`. */
  readonly random?: () => number;
}

const PACKET_BYTES = 1_460;

const LOOPBACK: Required<RoadOptions> = {
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  loss: 0,
  againMs: 200,
  random: Math.random,
};

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  /** Which way something passed last. */
  last: Direction | null;
}

/** A road to a database server that can fail in every way a network does. For tests; listens on loopback. */
export class TcpProxy {
  private readonly connections = new Set<Connection>();
  private readonly server: Server;
  private mode: ProxyMode = 'pass';
  private opened: (() => void)[] = [];
  private road: Required<RoadOptions> = LOOPBACK;
  /** Until when the road is taken, by the clock of `performance`. */
  private readonly takenUntil: Record<Direction, number> = { toServer: 0, toClient: 0 };
  private readonly passed = { toServer: 0, toClient: 0, turns: 0 };
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

  /** What the road is like from now on. */
  become(road: RoadOptions): void {
    this.road = { ...LOOPBACK, ...road };
    this.takenUntil.toServer = this.takenUntil.toClient = 0;
  }

  /** What has passed since the beginning. */
  get traffic(): Traffic {
    return { ...this.passed };
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
    const connection: Connection = { client, server, last: null };
    this.connections.add(connection);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    this.pump(connection, 'toServer');
    this.pump(connection, 'toClient');
    const forget = () => {
      if (client.destroyed && server.destroyed) this.connections.delete(connection);
    };
    client.on('close', forget);
    server.on('close', forget);
  }

  /** What came is passed on in its order, also after its sender has gone. */
  private pump(connection: Connection, direction: Direction): void {
    const [from, to] =
      direction === 'toServer' ? [connection.client, connection.server] : [connection.server, connection.client];
    let tail: Promise<void> = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      this.count(connection, direction, bytes);
      // From when it was sent, however long those before it take: a slow road holds many pieces at once.
      const arrives = this.arrival(direction, bytes.length);
      tail = tail.then(() => this.pass(bytes, to, direction, arrives));
    });
    from.on('close', () => {
      void tail.then(() => this.open()).then(() => to.destroySoon());
    });
  }

  private count(connection: Connection, direction: Direction, { length }: Buffer): void {
    this.passed[direction] += length;
    if (direction === 'toServer' && connection.last !== direction) this.passed.turns++;
    connection.last = direction;
  }

  /** When a piece that is sent now is there, by the clock of `performance`. */
  private arrival(direction: Direction, length: number): number {
    const { delayMs, bytesPerSecond, loss, againMs, random } = this.road;
    const now = performance.now();
    const sent = Math.max(now, this.takenUntil[direction]) + (length / bytesPerSecond) * 1_000;
    this.takenUntil[direction] = sent;
    let late = 0;
    if (loss > 0) for (let n = Math.ceil(length / PACKET_BYTES); n > 0; n--) if (random() < loss) late += againMs;
    return sent + delayMs + late;
  }

  private async pass(bytes: Buffer, to: Socket, direction: Direction, arrives: number): Promise<void> {
    for (const check of this.holds) await check(direction, bytes);
    await this.open();
    const wait = arrives - performance.now();
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
