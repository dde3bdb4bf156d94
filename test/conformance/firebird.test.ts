import { afterAll, describe, it } from 'vitest';

import { registerAdapterConformance } from '../../src/testing/index.js';
import { sharedFirebird } from '../servers/firebird.js';
import { firebirdCapabilities, firebirdHarness, ZONE } from './firebird-kit.js';

const server = await sharedFirebird(ZONE);
afterAll(() => server?.stop());

for (const flavour of ['numbers', 'texts'] as const) {
  const harness = firebirdHarness(server?.url ?? '', flavour);
  afterAll(() => harness.drop());
  registerAdapterConformance(
    { describe: server ? describe : describe.skip, it },
    {
      name: flavour === 'numbers' ? 'firebird, tables with numbers' : 'firebird, views with texts, and events',
      harness,
      capabilities: firebirdCapabilities(flavour),
    },
  );
}
