/** The way from the platform to the clinic's database, which can be interrupted. */
import { rename } from 'node:fs/promises';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

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
 * A TCP proxy. While it is pulled nothing passes and nothing is closed, so that neither side hears of it: no FIN, no RST. What
 * was under way arrives late, once it is put back, as a network's retransmission would have it.
 */
export async function tcpCable(host: string, port: number): Promise<Cable & { readonly port: number; close(): void }> {
  let pulled = false;
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  const whenPlugged = (work: () => void) => {
    if (pulled) held.push(work);
    else work();
  };
  const forward = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      whenPlugged(() => to.write(bytes));
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      whenPlugged(() => to.destroy());
    });
  };
  const server = createServer((near) => {
    near.on('error', () => undefined);
    whenPlugged(() => {
      const far = connect(port, host);
      forward(near, far);
      forward(far, near);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    pulled: 'nothing passes and nothing is closed: neither side is told',
    pull: async () => {
      pulled = true;
    },
    putBack: async () => {
      pulled = false;
      for (const work of held.splice(0)) work();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
