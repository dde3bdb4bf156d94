import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import type { SlotRef } from '../../src/domain/slot.js';

/** A practice in which everything is offered: doctors 1 to 8, ten minutes each, day and night, for thirty days from tomorrow. */
export const SCHEMA: ClinicSchema = {
  zone: 'Australia/Melbourne',
  appointments: {
    table: 'appointments',
    id: 'id',
    practitioner: 'doctor',
    start: 'starts',
    end: 'ends',
    time: 'epoch-ms',
    booking: { token: 'token', patient: 'patient', values: { source: 'online' } },
  },
  sessions: {
    table: 'sessions',
    id: 'id',
    practitioner: 'doctor',
    start: 'starts',
    end: 'ends',
    time: 'epoch-ms',
    slotMinutes: 10,
  },
};

export const DOCTORS = 8;
const FIRST = (Math.floor(Date.now() / DAY) + 1) * DAY;
const PER_DOCTOR = (30 * DAY) / (10 * MINUTE);

/** Every slot of the practice has a number, and no two overlap. */
export function slotOf(nth: number): SlotRef {
  const start = FIRST + (nth % PER_DOCTOR) * 10 * MINUTE;
  return {
    practitionerId: String(1 + (Math.floor(nth / PER_DOCTOR) % DOCTORS)),
    start,
    end: start + 10 * MINUTE,
  };
}

export const SLOTS = DOCTORS * PER_DOCTOR;

/** The tables and the roster. `id`: how a new row gets its own. */
export const tables = (id: string): string => `
  create table appointments (id ${id}, doctor integer not null, starts bigint not null, ends bigint not null,
    token varchar(22), patient varchar(40), source varchar(10) not null default 'desk');
  create index appointments_by_doctor on appointments (doctor, starts);
  create index appointments_by_start on appointments (starts);
  create table sessions (id ${id}, doctor integer not null, starts bigint not null, ends bigint not null);
  ${Array.from(
    { length: DOCTORS },
    (_, i) => `insert into sessions (doctor, starts, ends) values (${i + 1}, ${FIRST}, ${FIRST + 30 * DAY});`,
  ).join('\n  ')}
`;

/** A row as plain SQL reads it. */
export interface RawRow {
  readonly id: string;
  readonly doctor: string;
  readonly starts: number;
  readonly ends: number;
  readonly token: string | null;
}

/** A clinic with a front desk that looks at nothing before it writes. */
export interface PracticeClinic {
  readonly engine: 'sqlite' | 'postgres' | 'mysql';
  /** `port`: of a proxy before the server. */
  adapter(options?: { readonly port?: number; readonly push?: boolean }): ClinicAdapter;
  /** One blind insert, committed; answers with the new id. */
  insert(slot: SlotRef): Promise<string>;
  /** A blind insert that is not committed yet. */
  begin(slot: SlotRef): Promise<{ commit(): Promise<void> }>;
  /** Any statement of the clinic's own, with no rights or limits of ours. */
  run(statement: string): Promise<unknown>;
  rows(): Promise<RawRow[]>;
  dispose(): Promise<void>;
}

export const inSlot = (rows: readonly RawRow[], slot: SlotRef): RawRow[] =>
  rows.filter((row) => row.doctor === slot.practitionerId && row.starts < slot.end && row.ends > slot.start);
