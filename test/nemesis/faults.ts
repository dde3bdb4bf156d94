/** What can go wrong with any server and the road to it. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../../src/testing/random.js';
import type { Direction, TcpProxy } from '../../src/testing/index.js';
import type { OwnServer } from '../servers/process.js';
import type { Fault } from './ground.js';

/** What only a booking's statement has in it, and what only the server's answer to one has. */
export interface Marks {
  readonly statement: string;
  readonly answer: string;
}

/** Patients are many: one of them is sure to book within this. */
const BOOKED_WITHIN_MS = 3_000;

/** The trouble may come while the server is down for another reason: it is tried again for half a minute. */
export async function insist<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

export function roadFaults(proxy: TcpProxy, { statement, answer }: Marks): Fault[] {
  const during = (name: string, begin: (random: Random) => void, end: () => void, longest: number): Fault => ({
    name,
    strike: async (random) => {
      begin(random);
      await sleep(random.int(300, longest));
      end();
    },
  });
  const atOnce = (name: string, strike: () => void): Fault => ({
    name,
    strike: async () => {
      strike();
      // What spoils the next piece needs a piece.
      await sleep(300);
    },
  });
  /** The very packet that carries a booking, or its answer, arrives late; half the time the connection is gone by then. */
  const keptBack = (name: string, direction: Direction, text: string): Fault => ({
    name,
    strike: async (random) => {
      const held = proxy.hold(direction, text);
      await Promise.race([held.caught, sleep(BOOKED_WITHIN_MS)]);
      if (random.chance(0.5)) proxy.cut();
      await sleep(random.int(100, 9_000));
      held.release();
    },
  });
  const pass = () => {
    proxy.set('pass');
  };
  return [
    during(
      'road delayed',
      (random) => proxy.become({ delayMs: random.int(20, 600) }),
      () => proxy.become({}),
      5_000,
    ),
    during(
      'road narrow',
      (random) => proxy.become({ bytesPerSecond: random.int(2_000, 50_000) }),
      () => proxy.become({}),
      5_000,
    ),
    during('road silent', () => proxy.set('stall'), pass, 12_000),
    during(
      'road refused',
      () => {
        proxy.set('refuse');
        proxy.cut();
      },
      pass,
      6_000,
    ),
    keptBack('booking kept back', 'toServer', statement),
    keptBack('answer kept back', 'toClient', answer),
    atOnce('connections cut', () => proxy.cut()),
    atOnce('connections reset', () => proxy.reset()),
    atOnce('garbage', () => proxy.garbage()),
    atOnce('truncation', () => proxy.truncate()),
  ];
}

export function serverFaults(server: OwnServer): Fault[] {
  return [
    {
      name: 'server killed',
      strike: async (random) => {
        await server.kill();
        await sleep(random.int(100, 3_000));
        await server.restart();
      },
    },
    {
      name: 'server stands still',
      strike: async (random) => {
        await server.pause();
        await sleep(random.int(500, 12_000));
        await server.resume();
      },
    },
    { name: 'server restarted', strike: () => server.restart() },
  ];
}
