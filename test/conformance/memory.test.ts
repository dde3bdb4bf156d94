import { describe, it } from 'vitest';

import { registerAdapterConformance } from '../../src/testing/index.js';
import { cuttableHarness, MEMORY_CAPABILITIES, memoryHarness } from './memory-kit.js';

const runner = { describe, it };
const BARE = {
  sessions: false,
  readKeys: false,
  digest: false,
  pulse: false,
  awaitPulse: false,
  newKeys: false,
  snapshot: false,
  push: false,
};

registerAdapterConformance(runner, {
  name: 'memory',
  harness: memoryHarness(),
  capabilities: MEMORY_CAPABILITIES,
});
registerAdapterConformance(runner, {
  name: 'memory, ranges only',
  harness: memoryHarness(BARE),
  capabilities: { ...MEMORY_CAPABILITIES, ...BARE, sketch: [] },
});
registerAdapterConformance(runner, {
  name: 'memory at the end of a road',
  harness: cuttableHarness,
  capabilities: { ...MEMORY_CAPABILITIES, lost: true },
});
