import { existsSync } from 'node:fs';

import { defineConfig } from 'tsup';

/** One entry per subpath of package.json's `exports`, and its `bin`; the key is the file's path in dist. */
const ENTRIES = {
  index: 'src/index.ts',
  'adapters/memory/index': 'src/adapters/memory/index.ts',
  'adapters/sqlite/index': 'src/adapters/sqlite/index.ts',
  'adapters/postgres/index': 'src/adapters/postgres/index.ts',
  'adapters/mysql/index': 'src/adapters/mysql/index.ts',
  'adapters/mssql/index': 'src/adapters/mssql/index.ts',
  'presets/index': 'src/presets/index.ts',
  'mirror/sqlite/index': 'src/mirror/sqlite/index.ts',
  'cli/index': 'src/cli/index.ts',
  'cli/main': 'src/cli/main.ts',
  'testing/index': 'src/testing/index.ts',
};

export default defineConfig({
  entry: Object.fromEntries(Object.entries(ENTRIES).filter(([, file]) => existsSync(file))),
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // What is marked @internal is for our own rooms.
  dts: { compilerOptions: { stripInternal: true } },
  // Shared code lies in one chunk, so that an error or an event of one subpath is the same class in all of them.
  splitting: true,
  sourcemap: true,
  clean: true,
  // tsup would write `sqlite` for `node:sqlite`, which no Node knows.
  removeNodeProtocol: false,
});
