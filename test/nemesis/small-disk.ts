import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { Fault } from './ground.js';

const run = promisify(execFile);
const SIZE = '64m';

/** A folder on a file system of its own, which can be filled to the last byte. */
export interface SmallDisk {
  readonly path: string;
  /** `null` where this user may not mount one: then it is an ordinary folder. */
  readonly full: Fault | null;
  close(): Promise<void>;
}

export async function openSmallDisk(): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'clinic-sync-disk-'));
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'clinic-sync', path]).then(
    () => true,
    () => false,
  );
  const ballast = join(path, 'ballast');
  return {
    path,
    full: mounted
      ? {
          name: 'mirror’s disk full',
          strike: async (random) => {
            await fill(ballast);
            await sleep(random.int(300, 5_000));
            await rm(ballast, { force: true });
          },
        }
      : null,
    close: async () => {
      if (mounted) await run('umount', ['-l', path]).catch(() => undefined);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** In ever smaller pieces, until not even a byte goes in. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let size = 1 << 20; size >= 1; size >>= 4) {
      const piece = Buffer.alloc(size, 0xff);
      for (;;) {
        const { bytesWritten } = await file.write(piece).catch(() => ({ bytesWritten: 0 }));
        if (bytesWritten < size) break;
      }
    }
  } finally {
    await file.close();
  }
}
