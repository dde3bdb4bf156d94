import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { sqlitePractice } from '../booking/practice-sqlite.js';
import { LEDGER, type Fault, type Ground } from './ground.js';

const NOTE_MADE = `create trigger note_made after insert on appointments when new.patient is not null
  begin insert into made values (new.patient, new.id); end`;

/** Writes so much in one transaction that some of it is in the file already, and waits to be killed. */
const DOOMED = `
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(process.argv[1], { timeout: 10000 });
  db.exec('pragma cache_size = 2; begin immediate');
  const insert = db.prepare('insert into appointments (doctor, starts, ends) values (1, 1, ?)');
  for (let i = 0; i < 5000; i++) insert.run(i);
  console.log('written');
  setTimeout(() => {}, 60000);
`;

/** A file on a share that comes and goes. The front desk has it open and works on. */
export async function sqliteGround(journal: 'wal' | 'delete'): Promise<Ground> {
  const clinic = await sqlitePractice(journal);
  for (const statement of [...LEDGER, NOTE_MADE]) await clinic.run(`${statement};`);
  const share = dirname(clinic.path);
  return {
    engine: 'sqlite',
    described: `a SQLite file (journal mode ${journal})`,
    reach: { engine: 'sqlite', path: clinic.path },
    missing: ['a network between the host and a file', 'rights of logins, which a file has not'],
    faults: [
      {
        name: 'share gone',
        strike: async (random) => {
          await rename(share, `${share}.gone`);
          await sleep(random.int(300, 8_000));
          await rename(`${share}.gone`, share);
        },
      },
      ...(['immediate', 'exclusive'] as const).map((how): Fault => ({
        name: `file locked (${how})`,
        strike: async (random) => {
          const release = lock(clinic.path, how);
          await sleep(random.int(300, 8_000));
          release();
        },
      })),
      { name: 'writer killed', strike: () => killWriter(clinic.path) },
      {
        name: 'file vacuumed',
        strike: async () => {
          await clinic.run('vacuum;').catch(() => undefined);
        },
      },
    ],
    random: 'random()',
    query: async (statement) => (await clinic.run(statement)) as Record<string, unknown>[],
    transaction: async (statements) => {
      try {
        await clinic.run(`begin immediate; ${statements.join('; ')}; commit`);
      } catch (error) {
        await clinic.run('rollback;').catch(() => undefined);
        throw error;
      }
    },
    close: () => clinic.dispose(),
  };
}

function lock(path: string, how: 'immediate' | 'exclusive'): () => void {
  try {
    const db = new DatabaseSync(path, { timeout: 5_000 });
    db.exec(`begin ${how}`);
    return () => {
      db.close();
    };
  } catch {
    // The share is gone, or somebody else has it locked: trouble enough.
    return () => undefined;
  }
}

async function killWriter(path: string): Promise<void> {
  const child = spawn(process.execPath, ['-e', DOOMED, path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.kill('SIGKILL');
  await ended;
}
