import { describe, it } from 'vitest';

import { registerAdapterConformance } from '../../src/testing/index.js';
import { SQLITE_CAPABILITIES, sqliteHarness } from './sqlite-kit.js';

registerAdapterConformance(
  { describe, it },
  { name: 'sqlite, write-ahead log', harness: sqliteHarness('wal'), capabilities: SQLITE_CAPABILITIES },
);
registerAdapterConformance(
  { describe, it },
  {
    name: 'sqlite, rollback journal',
    harness: sqliteHarness('delete'),
    capabilities: { ...SQLITE_CAPABILITIES, snapshot: false },
  },
);
