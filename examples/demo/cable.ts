/** The way from the platform to the clinic's database, which can be interrupted. */
import { rename } from 'node:fs/promises';

import { TcpProxy } from '../../src/testing/index.js';

export interface Cable {
  readonly pulled: string;
  pull(): Promise<void>;
  putBack(): Promise<void>;
}

/** A folder that is no longer where it was. Whoever has its files open reads and writes them as before. */
export function folderCable(folder: string): Cable {
  const elsewhere = `${folder}.unplugged`;
  return {
    pulled: 'the share is gone; the desk has the file open and works on',
    pull: () => rename(folder, elsewhere),
    putBack: () => rename(elsewhere, folder),
  };
}

/**
 * The proxy for tests. While it is pulled nothing passes and nothing is closed, so that neither side hears of it: no FIN, no RST. What
 * was under way arrives late, once it is put back, as a network's retransmission would have it.
 */
export async function tcpCable(
  host: string,
  port: number,
): Promise<Cable & { readonly port: number; close(): Promise<void> }> {
  const proxy = await TcpProxy.listen({ host, port });
  return {
    port: proxy.port,
    pulled: 'nothing passes and nothing is closed: neither side is told',
    pull: async () => {
      proxy.set('stall');
    },
    putBack: async () => {
      proxy.set('pass');
    },
    close: () => proxy.close(),
  };
}
