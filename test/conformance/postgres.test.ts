import { afterAll, describe, it } from 'vitest';

import { registerAdapterConformance } from '../../src/testing/index.js';
import { quietPostgres } from '../servers/postgres.js';
import { POSTGRES_CAPABILITIES, postgresHarness } from './postgres-kit.js';

const server = await quietPostgres();
afterAll(() => server?.stop());

for (const push of ['off', 'trigger'] as const) {
  const harness = postgresHarness(server?.url ?? '', push);
  afterAll(() => harness.drop());
  registerAdapterConformance(
    { describe: server ? describe : describe.skip, it },
    {
      name: push === 'off' ? 'postgres, read-only' : 'postgres with push',
      harness,
      capabilities: { ...POSTGRES_CAPABILITIES, push: push === 'trigger' },
    },
  );
}

const theirs = postgresHarness(server?.url ?? '', 'off', 'theirs');
afterAll(() => theirs.drop());
registerAdapterConformance(
  { describe: server ? describe : describe.skip, it },
  {
    name: "postgres, over the caller's own pools",
    harness: theirs,
    // Nobody tells of a lost connection that is not ours; the next statement does.
    capabilities: { ...POSTGRES_CAPABILITIES, lost: false },
  },
);
