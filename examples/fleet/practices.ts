/** Some dozens of practices, each a SQLite file of its own with a receptionist at it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { ClinicAdapter } from 'clinic-sync';
import { sqliteAdapter } from 'clinic-sync/sqlite';

const QUARTER = 900_000;

/** `YYYY-MM-DD HH:MM`, as the practices write times. */
const wall = (instant: number) => new Date(instant).toISOString().slice(0, 16).replace('T', ' ');

export class Practice {
  readonly adapter: ClinicAdapter;
  private readonly desk: DatabaseSync;
  private written = 0;

  constructor(
    folder: string,
    readonly clinicId: string,
    private readonly firstDay: number,
  ) {
    // A folder for each: a file watch hears of everything in its folder.
    mkdirSync(join(folder, clinicId));
    const path = join(folder, clinicId, 'practice.db');
    this.desk = new DatabaseSync(path);
    this.desk.exec(`pragma journal_mode = wal;
      create table appointments (id integer primary key, doctor text, starts text, ends text);
      create index appointments_diary on appointments (starts)`);
    this.adapter = sqliteAdapter({
      path,
      schema: {
        zone: 'Australia/Melbourne',
        appointments: {
          table: 'appointments',
          id: 'id',
          practitioner: 'doctor',
          start: 'starts',
          end: 'ends',
          time: 'wall',
        },
      },
    });
    for (let i = 0; i < 50; i++) this.book();
  }

  /** The receptionist enters an appointment. */
  book(): void {
    const start = this.firstDay + this.written++ * QUARTER;
    const insert = this.desk.prepare('insert into appointments (doctor, starts, ends) values (?, ?, ?)');
    insert.run('dr-lee', wall(start), wall(start + QUARTER));
  }

  /** Or takes one out. */
  cancel(): void {
    this.desk.exec('delete from appointments where id = (select min(id) from appointments)');
  }

  /** What stands in her diary. */
  ids(): string[] {
    const rows = this.desk.prepare('select id from appointments').all() as { id: number }[];
    return rows.map(({ id }) => String(id)).sort();
  }

  close(): void {
    this.desk.close();
  }
}
