import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildHost } from '../kill/build.js';
import { findMysqlBinaries } from '../servers/mysql-local.js';
import { findBinaries } from '../servers/postgres-local.js';
import { nemesis } from './campaign.js';
import { GROUNDS } from './grounds.js';

const MINUTES = 0.3;

const isThere: Readonly<Record<string, boolean>> = {
  sqlite: true,
  postgres: (await findBinaries()) !== undefined,
  mysql: (await findMysqlBinaries()) !== undefined,
};
for (const [engine, found] of Object.entries(isThere))
  if (!found) console.log(`nemesis, ${engine}: skipped, no server that could be killed was found`);

/** The long form: `npm run nemesis`. */
describe('everything goes wrong', () => {
  describe.each(Object.entries(GROUNDS))('%s', (engine, open) => {
    it.skipIf(!isThere[engine])('what was promised holds', { timeout: 180_000 }, async () => {
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
