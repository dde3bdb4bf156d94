import { parseArgs } from 'node:util';

import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { mysqlPractice } from '../booking/practice-mysql.js';
import { postgresPractice } from '../booking/practice-postgres.js';
import { sqlitePractice } from '../booking/practice-sqlite.js';
import { race } from './campaign.js';

const USAGE = `npm run races -- [options]
  --engine sqlite|postgres|mysql   whose clinic (default: sqlite)
  --races N                        how many slots are raced for (default: 2000)
  --seed S                         where chance begins (default: drawn)`;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    races: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<boolean> {
  const [races, seed] = [Number(values.races), Number(values.seed)];
  const start = { sqlite: undefined, postgres: sharedPostgres, mysql: sharedMysql }[values.engine];
  const server = await start?.();
  if (start && !server) return false;
  const open = values.engine === 'mysql' ? mysqlPractice : postgresPractice;
  const clinic = server ? await open(server.url) : await sqlitePractice('wal');
  console.log(`${races} races at a ${clinic.engine} clinic, seed ${seed}`);
  const began = performance.now();
  try {
    const { outcomes, violations, ...figures } = await race({
      clinic,
      races,
      seed,
      onRace: (now) => {
        if (now.races % 2_000 === 0) process.stderr.write(`  ${now.races} run\n`);
      },
    });
    for (const text of violations.slice(0, 20)) console.log(`BROKEN ${text}`);
    const sorted = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
    for (const [what, count] of sorted) console.log(`${String(count).padStart(7)}  ${what}`);
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    console.log(`${figures.races} races, ${violations.length} broken, ${seconds} s`);
    return violations.length === 0 && figures.races === races;
  } finally {
    await clinic.dispose();
    await server?.stop();
  }
}

const known = ['sqlite', 'postgres', 'mysql'].includes(values.engine);
if (values.help || !known) console.log(USAGE);
process.exitCode = values.help ? 0 : known && (await main()) ? 0 : 1;
