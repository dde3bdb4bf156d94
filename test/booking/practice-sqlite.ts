import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import type { SlotRef } from '../../src/domain/slot.js';
import { SCHEMA, tables, type PracticeClinic, type RawRow } from './practice.js';

/** The front desk has a thread of its own, because SQLite waits for its lock on the thread that asks. */
const DESK = `
  const { DatabaseSync } = require('node:sqlite');
  const { parentPort, workerData } = require('node:worker_threads');
  const db = new DatabaseSync(workerData, { timeout: 10000 });
  parentPort.on('message', ({ nth, sql }) => {
    try {
      const statement = /^(insert|delete|select)/.test(sql) ? db.prepare(sql) : undefined;
      parentPort.postMessage({ nth, rows: statement ? statement.all() : db.exec(sql) });
    } catch (error) {
      parentPort.postMessage({ nth, error: String(error) });
    }
  });
`;

export interface SqlitePractice extends PracticeClinic {
  readonly path: string;
}

export async function sqlitePractice(journal: 'wal' | 'delete' = 'wal'): Promise<SqlitePractice> {
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-booking-'));
  const path = join(folder, 'clinic.db');
  const db = new DatabaseSync(path);
  db.exec(`pragma journal_mode = ${journal}; pragma synchronous = off; ${tables('integer primary key')}`);
  db.close();
  const desk = new Worker(DESK, { eval: true, workerData: path });
  const waiting = new Map<number, (answer: { rows?: unknown[]; error?: string }) => void>();
  let asked = 0;
  desk.on('message', (answer: { nth: number; rows?: unknown[]; error?: string }) => {
    waiting.get(answer.nth)?.(answer);
    waiting.delete(answer.nth);
  });
  const run = async (sql: string): Promise<unknown[]> => {
    const nth = ++asked;
    const answer = await new Promise<{ rows?: unknown[]; error?: string }>((resolve) => {
      waiting.set(nth, resolve);
      desk.postMessage({ nth, sql });
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.rows ?? [];
  };
  const insert = ({ practitionerId, start, end }: SlotRef) =>
    run(`insert into appointments (doctor, starts, ends) values (${practitionerId}, ${start}, ${end})
      returning cast(id as text) as id`);
  return {
    engine: 'sqlite',
    path,
    adapter: () => sqliteAdapter({ path, schema: SCHEMA, write: true }),
    insert: async (slot) => ((await insert(slot))[0] as { id: string }).id,
    begin: async (slot) => {
      await run('begin immediate');
      await insert(slot);
      return {
        commit: async () => {
          await run('commit');
        },
      };
    },
    run,
    rows: async () =>
      (await run(
        'select cast(id as text) as id, cast(doctor as text) as doctor, starts, ends, token from appointments',
      )) as RawRow[],
    dispose: async () => {
      await desk.terminate();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
