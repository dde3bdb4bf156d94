/** Against any endpoint that speaks TDS; what it lacks is left out, as the adapter has to find out by itself. */
import { afterAll, describe, it } from 'vitest';

import { registerAdapterConformance } from '../../src/testing/index.js';
import { sharedMssql } from '../servers/mssql.js';
import { mssqlCapabilities, mssqlHarness } from './mssql-kit.js';

const server = await sharedMssql();
const harness = server && (await mssqlHarness(server.url));

afterAll(async () => {
  await harness?.drop();
  await server?.stop();
});

const offers = harness?.offers ?? { tracking: false, snapshots: false };
registerAdapterConformance(
  { describe: harness ? describe : describe.skip, it },
  {
    name: `mssql, change tracking ${offers.tracking ? 'on' : 'off'}, snapshots ${offers.snapshots ? 'on' : 'off'}`,
    harness: harness ?? { create: () => Promise.reject(new Error('no server')) },
    capabilities: mssqlCapabilities(offers),
  },
);
