/** A small practice in an SQLite file, by the clock on its wall, the same every day of the two weeks from tomorrow. */
import { DatabaseSync } from 'node:sqlite';

import { instantToWall } from '../../src/index.js';

export const ZONE = 'Australia/Melbourne';
const DAY = 86_400_000;

/** `YYYY-MM-DD`, so many days from today by the practice's clock. */
export function dayFromNow(days: number): string {
  return new Date(instantToWall(Date.now() + days * DAY, ZONE)).toISOString().slice(0, 10);
}

export const MAPPING = {
  zone: ZONE,
  appointments: {
    table: 'appointments',
    id: 'id',
    practitioner: 'doctor',
    location: 'room',
    start: 'starts',
    end: 'ends',
    time: 'wall',
    booking: { token: 'token', patient: 'patient' },
  },
  sessions: {
    table: 'sessions',
    id: 'id',
    practitioner: 'doctor',
    location: 'room',
    start: 'starts',
    end: 'ends',
    time: 'wall',
    slotMinutes: 15,
  },
} as const;

export interface SmallClinic {
  readonly path: string;
  run(sql: string): void;
  rows(sql: string): Record<string, unknown>[];
  close(): void;
}

/** dr-lee and dr-ng, 09:00 to 12:00 each day; each day at 09:00 dr-lee has an appointment. */
export function makeClinic(path: string, isIndexed = true): SmallClinic {
  const db = new DatabaseSync(path);
  db.exec(`pragma journal_mode = wal;
    create table appointments (id integer primary key, doctor text not null, room text, starts text not null, ends text not null,
      token text, patient text);
    create table sessions (id integer primary key, doctor text not null, room text, starts text not null, ends text not null);`);
  if (isIndexed)
    db.exec(`create index appointments_by_start on appointments (starts);
      create index sessions_by_start on sessions (starts);
      create index appointments_by_doctor on appointments (doctor, starts);`);
  for (let day = 1; day <= 14; day++) {
    const date = dayFromNow(day);
    for (const doctor of ['dr-lee', 'dr-ng'])
      db.exec(`insert into sessions (doctor, room, starts, ends)
        values ('${doctor}', 'room-1', '${date} 09:00:00', '${date} 12:00:00')`);
    db.exec(`insert into appointments (doctor, room, starts, ends)
      values ('dr-lee', 'room-1', '${date} 09:00:00', '${date} 09:15:00')`);
  }
  return {
    path,
    run: (sql) => {
      db.exec(sql);
    },
    rows: (sql) => db.prepare(sql).all(),
    close: () => {
      db.close();
    },
  };
}
