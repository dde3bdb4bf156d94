import { describe, it } from 'vitest';

import { registerMirrorConformance } from '../../src/testing/mirror-conformance.js';
import { sharedSqliteHarness, sqliteHarness } from './kit.js';

registerMirrorConformance({ describe, it }, { name: 'sqlite', harness: sqliteHarness });
registerMirrorConformance({ describe, it }, { name: 'sqlite with two owners', harness: sharedSqliteHarness });
