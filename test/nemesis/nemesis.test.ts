import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildHost } from '../kill/build.js';
import { findBinaries } from '../servers/postgres-local.js';
import { nemesis } from './campaign.js';
import type { Ground } from './ground.js';
import { postgresGround } from './ground-postgres.js';
import { sqliteGround } from './ground-sqlite.js';

const MINUTES = 0.3;

const hasServer = (await findBinaries()) !== undefined;
if (!hasServer) console.log('nemesis, postgres: skipped, no server that could be killed (apt-get install postgresql)');

const ENGINES: readonly (readonly [string, boolean, (seed: number) => Promise<Ground | undefined>])[] = [
  ['sqlite', true, (seed) => sqliteGround(seed % 2 === 0 ? 'wal' : 'delete')],
  ['postgres', hasServer, () => postgresGround()],
];

/** The long form: `npm run nemesis`. */
describe('everything goes wrong', () => {
  describe.each(ENGINES)('%s', (engine, isThere, open) => {
    it.skipIf(!isThere)('what was promised holds', { timeout: 180_000 }, async () => {
      const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
      console.log(
        `nemesis, ${engine}: seed ${seed} (npm run nemesis -- --engine ${engine} --minutes ${MINUTES} --seed ${seed})`,
      );
      const ground = await open(seed);
      if (!ground) throw new Error('The server that was found could not be started.');
      const host = await buildHost(join(import.meta.dirname, 'host.ts'));
      const { faults, checks, violations, outcomes } = await nemesis({ ground, host, seed, minutes: MINUTES });
      await ground.close();
      expect(violations).toEqual([]);
      expect(faults).toBeGreaterThan(0);
      expect(checks).toBeGreaterThan(0);
      expect(outcomes['book: booked']).toBeGreaterThan(0);
    });
  });
});
