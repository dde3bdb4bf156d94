/** A small practice on a SQLite file, for the examples: its tables, and the receptionist, who writes straight into them. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { ClinicSync } from 'clinic-sync';
import { sqliteAdapter } from 'clinic-sync/sqlite';

const DAY = 86_400_000;
const columns = { id: 'id', practitioner: 'doctor', start: 'starts', end: 'ends', time: 'wall' } as const;

export const SCHEMA = {
  zone: 'Australia/Melbourne',
  appointments: { table: 'appointments', ...columns, booking: { token: 'token' } },
  sessions: { table: 'sessions', ...columns, slotMinutes: 15 },
} as const;

export class Practice {
  private readonly home = mkdtempSync(join(tmpdir(), 'practice-'));
  private readonly share = join(this.home, 'share');
  private readonly desk: DatabaseSync;
  /** The practice's database. */
  readonly path = join(this.share, 'practice.db');
  /** Where a host can keep its copy. */
  readonly mirror = join(this.home, 'copy.mirror');

  constructor(doctors: readonly string[] = ['dr-lee', 'dr-ruiz']) {
    mkdirSync(this.share);
    this.desk = new DatabaseSync(this.path);
    this.desk.exec(`
      pragma journal_mode = wal;
      create table appointments (id integer primary key autoincrement, doctor text, starts text, ends text, token text);
      create index appointments_by_start on appointments (starts);
      create table sessions (id integer primary key, doctor text, starts text, ends text);
      create index sessions_by_start on sessions (starts);
    `);
    const session = this.desk.prepare('insert into sessions (doctor, starts, ends) values (?, ?, ?)');
    for (const day of [2, 3]) {
      for (const doctor of doctors) session.run(doctor, wall(day, '09:00'), wall(day, '10:00'));
    }
  }

  /** As a host in another city sees it. */
  adapter() {
    return sqliteAdapter({ path: this.path, schema: SCHEMA, write: true });
  }

  /** Somebody telephones. The day after tomorrow, unless said otherwise. Answers the appointment's number. */
  book(doctor: string, from: string, to: string, day = 2): string {
    const { lastInsertRowid } = this.desk
      .prepare('insert into appointments (doctor, starts, ends) values (?, ?, ?)')
      .run(doctor, wall(day, from), wall(day, to));
    return String(lastInsertRowid);
  }

  /** The row is edited in place. The day after tomorrow, unless said otherwise. */
  move(id: string, from: string, to: string, day = 2): void {
    this.desk
      .prepare('update appointments set starts = ?, ends = ? where id = ?')
      .run(wall(day, from), wall(day, to), id);
  }

  /** Gone without a trace, as in most practice systems. */
  cancel(id: string): void {
    this.desk.prepare('delete from appointments where id = ?').run(id);
  }

  /** What stands in the database itself at this time. */
  at(doctor: string, from: string, day = 2): { readonly id: number; readonly token: string | null }[] {
    return this.desk
      .prepare("select id, token from appointments where doctor = ? and starts like ? || '%'")
      .all(doctor, wall(day, from)) as never;
  }

  /** The line to the host's city is cut. Whoever has the file open, as the desk has, notices nothing. */
  cutLine(): void {
    renameSync(this.share, `${this.share}.away`);
  }

  mendLine(): void {
    renameSync(`${this.share}.away`, this.share);
  }

  close(): void {
    this.desk.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Starts, or throws why not. */
export async function started(sync: ClinicSync): Promise<ClinicSync> {
  const answer = await sync.start();
  if (answer.isErr()) throw answer.error;
  console.log(`${sync.clinicId} is ${answer.value.phase}`);
  return sync;
}

/** `09:15`, by the practice's clock. */
export const clock = (instant: number) =>
  new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: SCHEMA.zone }).format(instant);

function wall(day: number, time: string): string {
  return `${new Date(Date.now() + day * DAY).toISOString().slice(0, 10)} ${time}`;
}
