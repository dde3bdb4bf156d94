import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Desk, Write } from './desk.js';
import type { RawRow } from './schema.js';

const TABLE = `create table appt (id integer primary key, doctor text not null, nurse text not null, room text not null,
  starts text not null, ends text not null);
  create index appt_starts on appt (starts)`;

export async function sqliteDesk(journal: 'wal' | 'delete'): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-kill-'));
  const path = join(folder, 'clinic.db');
  const db = new DatabaseSync(path, { timeout: 10_000 });
  db.exec(`pragma journal_mode = ${journal}; pragma synchronous = off; ${TABLE}`);
  const insert = db.prepare('insert into appt values (?, ?, ?, ?, ?, ?) returning id');
  const edit = db.prepare('update appt set doctor = ?, nurse = ?, room = ?, starts = ?, ends = ? where id = ?');
  const remove = db.prepare('delete from appt where id = ?');
  const select = db.prepare('select id, doctor, nurse, room, starts, ends from appt');

  const write = (one: Write): number => {
    if (one.type === 'delete') {
      remove.run(one.id);
      return one.id;
    }
    const { doctor, nurse, room, starts, ends } = one.values;
    if (one.type === 'insert') {
      return Number(insert.get(one.id ?? null, doctor, nurse, room, starts, ends)?.['id']);
    }
    edit.run(doctor, nurse, room, starts, ends, one.id);
    return one.id;
  };

  return {
    clinic: { engine: 'sqlite', path },
    commit: async (writes) => {
      db.exec('begin immediate');
      const ids = writes.map(write);
      db.exec('commit');
      return ids;
    },
    rows: async () => select.all() as unknown as RawRow[],
    close: async () => {
      db.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
