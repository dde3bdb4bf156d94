import { afterAll, describe, it } from 'vitest';

import { registerAdapterConformance, type AdapterCapabilities } from '../../src/testing/index.js';
import { sharedMysql } from '../servers/mysql.js';
import { quietPostgres } from '../servers/postgres.js';
import { presetHarness } from './harness.js';
import { SYSTEMS } from './systems.js';

const servers = { mysql: await sharedMysql(), postgres: await quietPostgres() };
afterAll(() => servers.postgres?.stop());

const CAPABILITIES: AdapterCapabilities = {
  sessions: true,
  blockouts: true,
  readKeys: true,
  digest: true,
  sketch: ['busy', 'session'],
  pulse: true,
  awaitPulse: false,
  newKeys: true,
  snapshot: true,
  push: false,
  writes: true,
  tokens: true,
  multiplePractitioners: true,
  // Their ids are numbers.
  texts: false,
  lateCommits: true,
  lost: true,
  undecodable: true,
  stall: true,
  describe: true,
};

for (const system of SYSTEMS) {
  const server = servers[system.engine];
  const harness = presetHarness(system, server?.url ?? '');
  afterAll(() => harness.drop());
  registerAdapterConformance(
    { describe: server ? describe : describe.skip, it },
    {
      name: `${system.engine}, ${system.name}`,
      harness,
      capabilities: {
        ...CAPABILITIES,
        awaitPulse: system.engine === 'postgres',
        pulseLeads: system.engine === 'mysql',
        ...system.capabilities,
      },
      gaps: system.gaps ?? [],
    },
  );
}
