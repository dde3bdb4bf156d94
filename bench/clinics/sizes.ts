import type { ClinicSchema } from '../../src/adapters/sql/index.js';

/** A practice, open on 104 of the next 120 days, where each practitioner has 25 appointments of a quarter of an hour a day. */
export interface Size {
  readonly name: 'S' | 'M' | 'L' | 'XL' | 'million';
  readonly practitioners: number;
  readonly past: number;
  readonly future: number;
}

export const OPEN_DAYS = 104;
export const SLOTS_A_DAY = 25;

const size = (name: Size['name'], practitioners: number, past: number): Size => ({
  name,
  practitioners,
  past,
  future: practitioners * OPEN_DAYS * SLOTS_A_DAY,
});

export const SIZES = {
  S: size('S', 2, 50_000),
  M: size('M', 5, 200_000),
  L: size('L', 20, 800_000),
  XL: size('XL', 100, 4_000_000),
  /** More appointments ahead than any practice has. */
  million: size('million', 385, 0),
} as const;

export const SIZED_SCHEMA: ClinicSchema = {
  zone: 'Australia/Melbourne',
  appointments: {
    table: 'appt',
    id: 'id',
    practitioner: 'doctor',
    location: 'room',
    start: 'starts',
    end: 'ends',
    time: 'wall',
    booking: { token: 'token' },
  },
  sessions: {
    table: 'sess',
    id: 'id',
    practitioner: 'doctor',
    location: 'room',
    start: 'starts',
    end: 'ends',
    time: 'wall',
    slotMinutes: 15,
  },
};
