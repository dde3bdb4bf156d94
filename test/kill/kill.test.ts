import { describe, expect, it } from 'vitest';

import { buildHost } from './build.js';
import { campaign } from './campaign.js';
import { deskOpener, ENGINES, serverOf } from './engines.js';

const KILLS = 10;

/** The long form: `npm run test:kill`. */
describe('hosts that are killed', () => {
  for (const engine of ENGINES) {
    it(`${engine}: mirror, table and consumer agree after each death`, { timeout: 120_000 }, async ({ skip }) => {
      const server = await serverOf(engine);
      if (!server) skip();
      const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
      console.log(
        `kills, ${engine}: seed ${seed} (npm run test:kill -- --engine ${engine} --kills ${KILLS} --seed ${seed})`,
      );
      const openDesk = deskOpener(engine, server?.url ?? '');
      const { kills, violations } = await campaign({ openDesk, host: await buildHost(), kills: KILLS, seed });
      expect(violations).toEqual([]);
      expect(kills).toBe(KILLS);
    });
  }
});
