/** A practice made up from a seed: five practitioners, 120 days of bookings ahead and years of them behind. */
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { Random } from '../../src/testing/random.js';
import { patientName } from './clinic.js';
import { clinicDay, timeOfDay, weekday, ZONE } from './clinic-time.js';

export interface Entry {
  readonly practitioner: number;
  readonly room: string;
  /** On the clinic's wall: `YYYY-MM-DD HH:MM:SS`. */
  readonly starts: string;
  readonly ends: string;
}

export interface Practice {
  readonly past: readonly Entry[];
  readonly future: readonly Entry[];
  readonly sessions: readonly Entry[];
  /** What the n-th of its appointments calls its patient. */
  readonly patient: (n: number) => string;
}

export const PRACTITIONERS = [1, 2, 3, 4, 5] as const;
export const SLOT_MINUTES = 15;
const FUTURE_DAYS = 120;

export interface PracticeSize {
  readonly past: number;
  /** At most. */
  readonly future: number;
  /** The share of slots that are taken. */
  readonly taken: number;
}
export const BUSY_PRACTICE: PracticeSize = { past: 200_000, future: 13_000, taken: 0.93 };
/** Hours of a session, in minutes of the day. */
const WEEKDAY = [
  [480, 750],
  [810, 1050],
] as const;
const SATURDAY = [[540, 780]] as const;

/**
 * How much of the clinic's server looking for changes may take. The default, 2 %, is made for such a practice's four hundred
 * changes a day; the demo makes a good third of them in half a minute.
 */
export const LOAD = 0.5;

/** How the platform reads this clinic: exactly these columns. The patient's is not among them: it is only ever written. */
const COLUMNS = { id: 'id', practitioner: 'practitioner_id', location: 'room', start: 'starts_at', end: 'ends_at' };
export const SCHEMA: ClinicSchema = {
  zone: ZONE,
  appointments: {
    table: 'appointments',
    ...COLUMNS,
    time: 'wall',
    booking: { token: 'online_token', patient: 'patient' },
  },
  sessions: { table: 'sessions', ...COLUMNS, time: 'wall', slotMinutes: 'slot_minutes' },
};

/** The practice is closed today, so that midnight may pass during the demo without taking rows out of the future. */
export function makePractice(seed: number, size = BUSY_PRACTICE, patient = patientName): Practice {
  const random = new Random(seed);
  const days = Array.from({ length: FUTURE_DAYS }, (_, i) => clinicDay(i + 1));
  const sessions = days.flatMap((day) => PRACTITIONERS.flatMap((practitioner) => roster(day, practitioner)));
  const booked = sessions.flatMap((session) => fill(session, random, size.taken));
  while (booked.length > size.future) {
    // Cancelled again: the last takes its place.
    const at = random.int(0, booked.length - 1);
    booked[at] = booked.at(-1) ?? booked[at]!;
    booked.pop();
  }
  const past: Entry[] = [];
  for (let day = -1; past.length < size.past; day--) {
    for (const practitioner of PRACTITIONERS) {
      for (const session of roster(clinicDay(day), practitioner)) past.push(...fill(session, random, size.taken));
    }
  }
  return { past: past.slice(0, size.past).reverse(), future: booked, sessions, patient };
}

function roster(day: string, practitioner: number): Entry[] {
  const of = weekday(day);
  const hours = of === 0 ? [] : of === 6 ? SATURDAY : WEEKDAY;
  return hours.map(([from, to]) => entry(practitioner, day, from, to));
}

/** Some appointments take two slots. */
function fill({ practitioner, starts, ends }: Entry, random: Random, share: number): Entry[] {
  const day = starts.slice(0, 10);
  const taken: Entry[] = [];
  const last = minuteOf(ends);
  for (let at = minuteOf(starts); at < last; at += SLOT_MINUTES) {
    if (!random.chance(share)) continue;
    const long = random.chance(0.07) && at + 2 * SLOT_MINUTES <= last;
    const end = at + (long ? 2 : 1) * SLOT_MINUTES;
    taken.push(entry(practitioner, day, at, end));
    at = end - SLOT_MINUTES;
  }
  return taken;
}

/** The slots that a session is made of. */
export function slotsOf({ practitioner, starts, ends }: Entry): Entry[] {
  const slots: Entry[] = [];
  for (let at = minuteOf(starts); at + SLOT_MINUTES <= minuteOf(ends); at += SLOT_MINUTES) {
    slots.push(entry(practitioner, starts.slice(0, 10), at, at + SLOT_MINUTES));
  }
  return slots;
}

function entry(practitioner: number, day: string, from: number, to: number): Entry {
  const at = (minute: number) => `${day} ${timeOfDay(minute)}:00`;
  return { practitioner, room: `Room ${practitioner}`, starts: at(from), ends: at(to) };
}

function minuteOf(wall: string): number {
  return Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
}
