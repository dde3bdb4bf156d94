import { describe, expect, it } from 'vitest';

import { mysqlPractice } from '../booking/practice-mysql.js';
import { postgresPractice } from '../booking/practice-postgres.js';
import { sqlitePractice } from '../booking/practice-sqlite.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { race } from './campaign.js';

const RACES = 200;
const server = await sharedPostgres();
const mysql = await sharedMysql();

/** The long form: `npm run races`. */
describe('races for one slot', () => {
  const engines = [
    ['sqlite', true, () => sqlitePractice('wal')],
    ['postgres', server !== undefined, () => postgresPractice(server?.url ?? '')],
    ['mysql', mysql !== undefined, () => mysqlPractice(mysql?.url ?? '')],
  ] as const;
  describe.each(engines)('at a %s clinic', (engine, isThere, open) => {
    it.skipIf(!isThere)(
      'no overlap that nobody was told of, no slot left empty',
      async () => {
        const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
        console.log(
          `races, ${engine}: seed ${seed} (npm run races -- --engine ${engine} --races ${RACES} --seed ${seed})`,
        );
        const clinic = await open();
        const { races, violations } = await race({ clinic, races: RACES, seed });
        await clinic.dispose();
        expect(violations).toEqual([]);
        expect(races).toBe(RACES);
      },
      120_000,
    );
  });
});
