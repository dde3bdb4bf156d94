import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const wall = (day: number, time: string) => {
  const date = new Date(Date.now() + day * 86_400_000);
  return `${date.toISOString().slice(0, 10)} ${time}`;
};

/** A practice with one doctor, tomorrow's roster and one appointment, and somebody at its desk. */
export function openPractice() {
  const path = join(mkdtempSync(join(tmpdir(), 'practice-')), 'practice.db');
  const desk = new DatabaseSync(path);
  desk.exec(`
    pragma journal_mode = wal;
    create table appointments (id integer primary key, doctor text, room text, starts text, ends text, patient text,
      token text);
    create index appointments_by_start on appointments (starts);
    create table sessions (id integer primary key, doctor text, room text, starts text, ends text);
    create index sessions_by_start on sessions (starts);
  `);
  desk
    .prepare('insert into sessions values (1, ?, ?, ?, ?)')
    .run('dr-lee', 'room-1', wall(2, '09:00'), wall(2, '12:00'));
  const add = desk.prepare('insert into appointments (doctor, room, starts, ends, patient) values (?, ?, ?, ?, ?)');
  add.run('dr-lee', 'room-1', wall(2, '09:30'), wall(2, '09:45'), 'nobody outside may see this');
  return {
    path,
    /** The receptionist writes straight into the practice's database. */
    bookAtTheDesk: (from: string, to: string) => add.run('dr-lee', 'room-1', wall(2, from), wall(2, to), 'nor this'),
    close: () => {
      desk.close();
    },
  };
}
