import { Socket } from 'node:net';

import { ok } from 'neverthrow';

import type { ClinicAdapter, ClinicLink, ClinicSnapshot } from '../../../index.js';

/** What is asked of a clinic while rows are copied and compared. Waiting for the pulse is no work, and left out. */
const COUNTED = new Set<string | symbol>([
  'readRange',
  'readKeys',
  'digest',
  'sketch',
  'newKeys',
  'now',
  'pulse',
  'openSnapshot',
  'close',
]);

export interface Cost {
  /** Calls of the adapter, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** How long calls were under way, in ms, one beside another counted for both. */
  readonly clinicMs: number;
  /** The same less a quickest round trip for each call: about what the clinic's server was busy. */
  readonly serverMs: number;
  /** `null`: nothing went over a network. */
  readonly bytes: { readonly sent: number; readonly received: number } | null;
}

/** Counts what passes between an adapter and its clinic. */
export class Meter {
  readonly #calls = new Map<string, { count: number; ms: number }>();
  readonly #sockets = new Set<Socket>();
  #quickest = Number.POSITIVE_INFINITY;
  readonly #connect = Socket.prototype.connect;

  /** From here on the sockets that this process connects are known to it, until `end`. */
  begin(): void {
    const { prototype } = Socket;
    const sockets = this.#sockets;
    const connect = this.#connect;
    prototype.connect = function counted(this: Socket, ...args: unknown[]): Socket {
      sockets.add(this);
      return Reflect.apply(connect, this, args) as Socket;
    };
  }

  end(): void {
    Socket.prototype.connect = this.#connect;
  }

  wrap(adapter: ClinicAdapter): ClinicAdapter {
    return {
      ...adapter,
      connect: (options) => adapter.connect(options).map((link) => this.#watched(link)),
    };
  }

  /** So far; `since` an earlier answer. */
  cost(since?: Cost): Cost {
    const calls: Record<string, number> = {};
    let [clinicMs, serverMs] = [0, 0];
    const quickest = Number.isFinite(this.#quickest) ? this.#quickest : 0;
    for (const [name, { count, ms }] of this.#calls) {
      calls[name] = count - (since?.calls[name] ?? 0);
      clinicMs += ms;
      serverMs += Math.max(0, ms - count * quickest);
    }
    const [sent, received] = ['bytesWritten', 'bytesRead'].map((field) =>
      [...this.#sockets].reduce((sum, socket) => sum + Number(Reflect.get(socket, field) ?? 0), 0),
    ) as [number, number];
    return {
      calls,
      clinicMs: clinicMs - (since?.clinicMs ?? 0),
      serverMs: Math.max(0, serverMs - (since?.serverMs ?? 0)),
      bytes:
        this.#sockets.size === 0
          ? null
          : { sent: sent - (since?.bytes?.sent ?? 0), received: received - (since?.bytes?.received ?? 0) },
    };
  }

  #watched<T extends ClinicLink | ClinicSnapshot>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, object, args) as unknown;
        return COUNTED.has(name) ? (...args: unknown[]) => this.#timed(String(name), () => call(...args)) : call;
      },
    });
  }

  #timed(name: string, call: () => unknown): unknown {
    const began = performance.now();
    const note = () => {
      const ms = performance.now() - began;
      const known = this.#calls.get(name) ?? { count: 0, ms: 0 };
      this.#calls.set(name, { count: known.count + 1, ms: known.ms + ms });
      if (name === 'now' || name === 'pulse') this.#quickest = Math.min(this.#quickest, ms);
    };
    const answer = call() as ReturnType<NonNullable<ClinicLink['openSnapshot']>>;
    return answer
      .andThen((value) => {
        note();
        return ok(name === 'openSnapshot' ? this.#watched(value) : value);
      })
      .mapErr((error) => {
        note();
        return error;
      });
  }
}
