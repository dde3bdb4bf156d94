import { setTimeout as sleep } from 'node:timers/promises';

import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { ClinicSync } from '../../src/index.js';
import { startOwnServer } from '../../test/servers/postgres.js';
import { sizedPostgres } from '../clinics/postgres.js';
import { postgresUsedMs } from '../clinics/server-time.js';
import { SIZED_SCHEMA, SIZES } from '../clinics/sizes.js';
import { versionOf } from '../clinics/version.js';
import type { Part } from '../part.js';
import { summarize } from '../statistics.js';

const LESS = 50_000;
const MORE = 4_000_000;
/** A sweep falls into each window once. */
const WINDOW_MS = 10_000;
const WINDOWS = 9;
const SETTLED_MS = 5_000;

/** What a clinic at rest pays for the appointments that it has had. */
export const history: Part = async ({ progress }) => {
  const server = await startOwnServer();
  if (!server) throw new Error('This part needs the binaries of a Postgres server.');
  const open = async (past: number) => {
    progress(`filling ${past.toLocaleString('en')} past rows`);
    const clinic = await sizedPostgres(server.url, { ...SIZES.M, past });
    const adapter = postgresAdapter({ connection: clinic.readerUrl, schema: SIZED_SCHEMA });
    const sync = new ClinicSync({ clinicId: `history-${past}`, adapter });
    const started = await sync.start();
    if (started.isErr()) throw started.error;
    const used = () => postgresUsedMs(clinic.admin, clinic.reader);
    const close = async () => {
      await sync.stop();
      await clinic.drop();
    };
    return { past, used, perSecond: [] as number[], close };
  };
  try {
    const clinics = [await open(LESS), await open(MORE)];
    await sleep(SETTLED_MS);
    for (let window = 0; window < WINDOWS; window++) {
      const began = performance.now();
      const before = await Promise.all(clinics.map(({ used }) => used()));
      await sleep(WINDOW_MS);
      const seconds = (performance.now() - began) / 1_000;
      for (const [i, clinic] of clinics.entries())
        clinic.perSecond.push(((await clinic.used()) - (before[i] ?? 0)) / seconds);
      progress(clinics.map(({ past, perSecond }) => `${past}: ${perSecond.at(-1)?.toFixed(1)} ms/s`).join(', '));
    }
    for (const clinic of clinics) await clinic.close();
    const [less, more] = clinics.map(({ perSecond }) => summarize([perSecond]));
    if (!less || !more) throw new Error('Nothing was measured.');
    const bar = { what: `≤ 1.2× with ${LESS.toLocaleString('en')}`, measured: more.p50 / less.p50, limit: 1.2 };
    return {
      title: 'What history costs a clinic at rest, Postgres',
      lines: [
        { name: `${LESS.toLocaleString('en')} past rows`, unit: 'ms/s', ...less, bars: [] },
        { name: `${MORE.toLocaleString('en')} past rows`, unit: 'ms/s', ...more, bars: [bar] },
      ],
      notes: [
        `Server time of our sessions a second, with 13,000 rows ahead, a login that only reads and every default, both clinics on one server and at the same time: ${WINDOWS} windows of 10 s, in each of which everything ahead is compared once. Nobody writes.`,
      ],
      versions: { Postgres: await versionOf(server.url) },
    };
  } finally {
    await server.stop();
  }
};
