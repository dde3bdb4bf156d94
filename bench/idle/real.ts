/** A fleet over real databases, their drivers and connections included: SQLite files, or schemas of one Postgres server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DAY, toIso } from '../../src/domain/instant.js';
import { postgresPractice, sqlitePractice, type Practice } from '../../test/fleet/practices.js';
import { freshDatabase, startOwnServer } from '../../test/servers/postgres.js';
import { counted, measureIdle, type Measured } from './measure.js';

const APPOINTMENTS = 40;

export async function measureReal(engine: 'sqlite' | 'postgres', clinics: number): Promise<Measured> {
  const opened = engine === 'sqlite' ? files(clinics) : await schemas(clinics);
  try {
    for (const practice of opened.practices) await fill(practice);
    return await measureIdle(opened.practices.map(({ adapter }) => counted(adapter)));
  } finally {
    await opened.dispose();
  }
}

interface Opened {
  readonly practices: readonly Practice[];
  dispose(): Promise<void>;
}

function files(clinics: number): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-idle-files-'));
  const practices = Array.from({ length: clinics }, (_, i) => sqlitePractice(folder, `file-${i}`));
  return {
    practices,
    dispose: async () => {
      for (const practice of practices) practice.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function schemas(clinics: number): Promise<Opened> {
  // A connection for the heartbeat and the pulse, and one that reads, for each clinic.
  const server = await startOwnServer([`max_connections=${3 * clinics + 20}`]);
  if (!server) throw new Error('There is no Postgres on this machine.');
  const database = await freshDatabase(server.url);
  const { admin, readerUrl: url, reader } = database;
  const practices: Practice[] = [];
  for (let i = 0; i < clinics; i++) practices.push(await postgresPractice(admin, { url, reader }, `schema-${i}`));
  return {
    practices,
    dispose: async () => {
      await database.drop();
      await server.stop();
    },
  };
}

async function fill(practice: Practice): Promise<void> {
  const tomorrow = Math.ceil(Date.now() / DAY) * DAY + DAY;
  for (let i = 0; i < APPOINTMENTS; i++) {
    const start = tomorrow + (i % 20) * DAY + i * 900_000;
    await practice.book(toIso(start).slice(0, 16).replace('T', ' '));
  }
}
