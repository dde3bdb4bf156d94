import { mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { sqliteAdapter } from '../../src/adapters/sqlite/index.js';
import type { AdapterCapabilities, AdapterHarness, Writing } from '../../src/testing/index.js';
import { createTables, SCHEMA, spoil, writing, ZONE, type Run } from './sql-kit.js';

export const SQLITE_CAPABILITIES: AdapterCapabilities = {
  sessions: true,
  blockouts: true,
  readKeys: true,
  digest: true,
  pulse: true,
  awaitPulse: false,
  newKeys: false,
  snapshot: true,
  push: true,
  describe: true,
  writes: true,
  tokens: true,
  multiplePractitioners: true,
  texts: true,
  lateCommits: false,
  lost: true,
  undecodable: true,
  stall: false,
};

/** A file of one's own; it is cut by moving it out of the way. */
export function sqliteHarness(journal: 'wal' | 'delete'): AdapterHarness {
  return {
    create: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-conformance-'));
      const path = join(folder, 'clinic.db');
      const db = new DatabaseSync(path);
      db.exec(
        `pragma journal_mode = ${journal}; pragma synchronous = off; ${createTables('text', 'text not null primary key default (lower(hex(randomblob(8))))')}`,
      );
      let isAway = false;
      const run: Run = (text, values) => db.prepare(text).run(...values);
      const inOne = async <T>(work: (writing: Writing) => Promise<T>): Promise<T> => {
        // SQLite writes to no file that was moved. No timer or file event comes in between, since none of this waits for one.
        if (isAway) renameSync(`${path}.away`, path);
        db.exec('begin immediate');
        const answer = await work(writing(run));
        db.exec('commit');
        if (isAway) renameSync(path, `${path}.away`);
        return answer;
      };
      const make = () => sqliteAdapter({ path, schema: SCHEMA, write: true });
      return {
        adapter: make(),
        another: make,
        zone: ZONE,
        receptionist: {
          insert: (rows) => inOne((within) => within.insert(rows)),
          update: (rows) => inOne((within) => within.update(rows)),
          remove: (keys) => inOne((within) => within.remove(keys)),
          begin: async () => {
            db.exec('begin immediate');
            const end = (how: string) => async () => {
              db.exec(how);
            };
            return { ...writing(run), commit: end('commit'), rollback: end('rollback') };
          },
          spoil: (key) => spoil(run, key),
        },
        cut: async () => {
          renameSync(path, `${path}.away`);
          isAway = true;
        },
        restart: async () => {
          renameSync(`${path}.away`, path);
          isAway = false;
        },
        // In write-ahead mode SQLite keeps a closed connection's descriptor as long as the receptionist's holds a lock.
        ...(journal === 'delete' && { openConnections: async () => openFiles(path) - 1 }),
        dispose: async () => {
          db.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  };
}

/** How many descriptors of this process lead to the file; where that cannot be known, none but the receptionist's. */
function openFiles(path: string): number {
  try {
    const links = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return links.filter((link) => link === path).length;
  } catch {
    return 1;
  }
}
