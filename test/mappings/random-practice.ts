/** Random practices as raw tables: rules, templates, extra sessions, leave, holidays, and appointments in every state. */
import type { Random } from '../../src/testing/random.js';
import type { Ground } from './ground.js';

type Columns = (types: Ground['types']) => string;

export const TABLES: Readonly<Record<keyof Practice, Columns>> = {
  weekly: ({ date }) =>
    `id int primary key, doc varchar(5), place varchar(9), dow int, secs int, len int, d1 ${date}, d2 ${date}, every int, wk int, slot int`,
  extra: ({ date }) =>
    `id int primary key, doc varchar(5), place varchar(9), d ${date}, t varchar(5), u varchar(5), slot int, cap int`,
  tmpl: () => 'name varchar(9), code varchar(96), owner varchar(5)',
  days: ({ date }) => `id int primary key, doc varchar(5), place varchar(9), d ${date}, tmpl varchar(9)`,
  appt: ({ date }) =>
    `id int primary key, doc varchar(5), asst varchar(5), place varchar(9), d ${date}, secs int, len int, state varchar(4)`,
  away: ({ date }) => `id int primary key, doc varchar(5), d1 ${date}, d2 ${date}`,
  holiday: ({ date }) => `id int primary key, place varchar(9), d ${date}`,
};

export interface Practice {
  readonly weekly: readonly {
    readonly id: number;
    readonly doc: string;
    readonly place: string | null;
    readonly dow: number;
    readonly secs: number;
    readonly len: number;
    readonly d1: string | null;
    readonly d2: string | null;
    readonly every: number;
    readonly wk: number;
    readonly slot: number | null;
  }[];
  readonly extra: readonly {
    readonly id: number;
    readonly doc: string;
    readonly place: string | null;
    readonly d: string;
    readonly t: string;
    readonly u: string;
    readonly slot: number | null;
    readonly cap: number | null;
  }[];
  readonly tmpl: readonly { readonly name: string; readonly code: string; readonly owner: string }[];
  readonly days: readonly {
    readonly id: number;
    readonly doc: string;
    readonly place: string | null;
    readonly d: string;
    readonly tmpl: string;
  }[];
  readonly appt: readonly {
    readonly id: number;
    readonly doc: string;
    readonly asst: string | null;
    readonly place: string | null;
    readonly d: string;
    readonly secs: number;
    readonly len: number;
    readonly state: string | null;
  }[];
  readonly away: readonly { readonly id: number; readonly doc: string; readonly d1: string; readonly d2: string }[];
  readonly holiday: readonly { readonly id: number; readonly place: string | null; readonly d: string }[];
}

const FIRST_DAY = Date.UTC(2026, 8, 29);

export function drawPractice(random: Random): Practice {
  const many = <T>(most: number, make: (id: number) => T): T[] =>
    Array.from({ length: random.int(0, most) }, (_, i) => make(i + 1));
  const day = (from: number, to: number) =>
    new Date(FIRST_DAY + random.int(from, to) * 86_400_000).toISOString().slice(0, 10);
  const doc = () => random.pick(['1', '2', '3']);
  const place = () => random.pick([null, 'north', 'south', '0', '']);
  const clock = (hour: number) => `${String(hour).padStart(2, '0')}:${random.pick(['00', '10', '30'])}`;
  const code = () => {
    const length = random.pick([24, 48, 96, 72]);
    const parts = Array.from({ length: 8 }, () => random.pick(['_', '_', '1', '2', 'x']).repeat(length / 8));
    return parts.join('');
  };
  return {
    weekly: many(4, (id) => ({
      id,
      doc: doc(),
      place: place(),
      dow: random.int(0, 6),
      secs: random.int(0, 46) * 1800,
      len: random.pick([30, 60, 115, 240]),
      d1: random.chance(0.5) ? day(-20, 6) : null,
      d2: random.chance(0.5) ? day(2, 14) : null,
      every: random.pick([1, 1, 2, 3]),
      wk: random.int(0, 2),
      slot: random.pick([null, 10, 15, 30]),
    })),
    extra: many(3, (id) => {
      const hour = random.int(0, 18);
      return {
        id,
        doc: doc(),
        place: place(),
        d: day(0, 12),
        t: clock(hour),
        u: clock(hour + random.int(1, 5)),
        slot: random.pick([null, 15]),
        cap: random.pick([null, 1, 2, 3]),
      };
    }),
    tmpl: [
      { name: 'A', code: code(), owner: 'all' },
      { name: 'A', code: code(), owner: '1' },
      { name: 'B', code: code(), owner: 'all' },
    ],
    days: many(4, (id) => ({ id, doc: doc(), place: place(), d: day(0, 12), tmpl: random.pick(['A', 'B']) })),
    appt: many(25, (id) => ({
      id,
      doc: doc(),
      asst: random.pick([null, '0', doc()]),
      place: place(),
      d: day(0, 12),
      secs: random.int(0, 95) * 900,
      len: random.pick([10, 15, 30, 60, 180]),
      state: random.pick([null, 'A', 'AV', 'B', 'C', 'CS', 'N']),
    })),
    away: many(1, (id) => {
      const from = random.int(0, 10);
      return { id, doc: doc(), d1: day(from, from), d2: day(from + 1, from + 3) };
    }),
    holiday: many(1, (id) => ({ id, place: place(), d: day(0, 12) })),
  };
}
