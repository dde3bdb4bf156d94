import { describe, it } from 'vitest';

import { MemoryDisk, memoryMirror } from '../../src/mirror/memory/index.js';
import { registerMirrorConformance } from '../../src/testing/mirror-conformance.js';

registerMirrorConformance(
  { describe, it },
  {
    name: 'memory',
    harness: {
      create: async () => {
        const disk = new MemoryDisk();
        return {
          mirror: memoryMirror({ disk }),
          reopen: async () => {
            disk.crash();
            return memoryMirror({ disk });
          },
          takeOver: async () => {
            disk.crash();
            return memoryMirror({ disk });
          },
          dispose: async () => {
            disk.shelves.clear();
          },
        };
      },
    },
  },
);
