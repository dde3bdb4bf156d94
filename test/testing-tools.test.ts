import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Random } from '../src/testing/random.js';
import { TcpProxy } from '../src/testing/index.js';

/** Answers each line with itself. */
describe('a TCP proxy', () => {
  let server: Server;
  let proxy: TcpProxy;
  let client: Socket;
  beforeEach(async () => {
    server = createServer((socket) => socket.pipe(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    proxy = await TcpProxy.listen({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    client = connect({ host: '127.0.0.1', port: proxy.port });
    await once(client, 'connect');
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
    server.close();
  });

  const echo = async (text: string) => {
    let heard = '';
    client.write(text);
    while (heard.length < text.length) heard += String((await once(client, 'data'))[0]);
    return heard;
  };

  it('counts bytes and round trips', async () => {
    for (const text of ['one', 'two', 'three']) expect(await echo(text)).toBe(text);
    expect(proxy.traffic).toEqual({ toServer: 11, toClient: 11, turns: 3 });
  });

  it('keeps the order on a bad road, and loses nothing', async () => {
    const random = new Random(7);
    proxy.become({ delayMs: 2, bytesPerSecond: 2_000_000, loss: 0.05, againMs: 5, random: () => random.next() });
    const text = Array.from({ length: 20_000 }, (_, i) => String(i)).join(' ');
    expect(await echo(text)).toBe(text);
  });
});
