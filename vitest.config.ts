import { existsSync } from 'node:fs';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The examples import what a stranger would; here it is the source, and not what was built last.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: existsSync('test/servers/global.ts') ? ['test/servers/global.ts'] : [],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
