import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { folderCable } from './cable.js';
import type { Clinic } from './clinic.js';
import { SLOT_MINUTES } from './practice.js';

const TABLES = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table appointments (
    id integer primary key autoincrement, practitioner_id integer not null, room text,
    starts_at text not null, ends_at text not null, patient text not null, online_token text
  );
  create table sessions (
    id integer primary key autoincrement, practitioner_id integer not null, room text,
    starts_at text not null, ends_at text not null, slot_minutes integer not null
  );
`;

/** A database file on a share of the clinic's: the share goes away, whoever has the file open keeps it. */
export async function sqliteClinic(home: string): Promise<Clinic> {
  const share = join(home, 'share');
  await mkdir(share);
  const path = join(share, 'clinic.db');
  return {
    engine: 'sqlite',
    described: 'a SQLite file',
    desk: path,
    remote: path,
    cable: folderCable(share),
    fill: async ({ past, future, sessions, patient }) => {
      const db = new DatabaseSync(path);
      db.exec(TABLES);
      db.exec('begin');
      const appointment = db.prepare(
        'insert into appointments (practitioner_id, room, starts_at, ends_at, patient) values (?, ?, ?, ?, ?)',
      );
      let patients = 0;
      for (const { practitioner, room, starts, ends } of [...past, ...future]) {
        appointment.run(practitioner, room, starts, ends, patient(++patients));
      }
      const session = db.prepare(
        'insert into sessions (practitioner_id, room, starts_at, ends_at, slot_minutes) values (?, ?, ?, ?, ?)',
      );
      for (const { practitioner, room, starts, ends } of sessions) {
        session.run(practitioner, room, starts, ends, SLOT_MINUTES);
      }
      db.exec('create index by_start on appointments (starts_at); create index roster on sessions (starts_at); commit');
      db.close();
    },
    remove: () => Promise.resolve(),
  };
}
