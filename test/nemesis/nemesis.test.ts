import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildHost } from '../kill/build.js';
import { nemesis } from './campaign.js';
import type { Ground } from './ground.js';
import { postgresGround } from './ground-postgres.js';
import { sqliteGround } from './ground-sqlite.js';

const MINUTES = 0.3;

const ENGINES: readonly (readonly [string, (seed: number) => Promise<Ground | undefined>])[] = [
  ['sqlite', (seed) => sqliteGround(seed % 2 === 0 ? 'wal' : 'delete')],
  ['postgres', () => postgresGround()],
];

/** The long form: `npm run nemesis`. */
describe('everything goes wrong', () => {
  it.each(ENGINES)('%s: what was promised holds', { timeout: 180_000 }, async (engine, open) => {
    const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
    console.log(
      `nemesis, ${engine}: seed ${seed} (npm run nemesis -- --engine ${engine} --minutes ${MINUTES} --seed ${seed})`,
    );
    const ground = await open(seed);
    if (!ground) {
      console.log('skipped: no Postgres server that could be killed was found (apt-get install postgresql)');
      return;
    }
    const host = await buildHost(join(import.meta.dirname, 'host.ts'));
    const { faults, checks, violations, outcomes } = await nemesis({ ground, host, seed, minutes: MINUTES });
    await ground.close();
    expect(violations).toEqual([]);
    expect(faults).toBeGreaterThan(0);
    expect(checks).toBeGreaterThan(0);
    expect(outcomes['book: booked']).toBeGreaterThan(0);
  });
});
