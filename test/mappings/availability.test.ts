/**
 * Availability as a person asks for it, from the clinic's raw tables to the answer, against an oracle that recomputes everything in the
 * plainest way. `CLINIC_SYNC_TEST_RUNS=10000` for ten thousand practices.
 */
import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ClinicLink } from '../../src/adapters/adapter.js';
import type { ClinicSchema } from '../../src/adapters/sql/index.js';
import { resolveFilter, type AvailabilityFilter } from '../../src/domain/filter.js';
import { DAY, MINUTE, type Instant } from '../../src/domain/instant.js';
import type { Slot } from '../../src/domain/slot.js';
import { SlotLengths, type SlotOptions } from '../../src/domain/slot-lengths.js';
import { markOf } from '../../src/domain/slot-page.js';
import { Random } from '../../src/testing/random.js';
import { FreeTimes } from '../../src/engine/free-times.js';
import { connect, never, ok } from '../adapters/kit.js';
import { mirrorOf } from '../engine/mirror-of.js';
import { GROUNDS, type Ground } from './ground.js';
import { drawPractice, TABLES, type Practice } from './random-practice.js';

const ZONE = 'Australia/Sydney';
const RUNS = Number(process.env['CLINIC_SYNC_TEST_RUNS'] ?? 1_500);
const SEED = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Date.now() % 2 ** 31);
const HORIZON = 12 * DAY;

const common = { id: 'id', practitioner: 'doc', location: 'place', none: ['0', ''] } as const;
const SCHEMA: ClinicSchema = {
  zone: ZONE,
  appointments: {
    ...common,
    table: 'appt',
    practitioner: ['doc', 'asst'],
    start: { date: 'd', seconds: 'secs' },
    end: { length: 'len', in: 'minutes' },
    status: { column: 'state', classes: { A: 'busy', B: 'completed', C: 'cancelled', N: 'no-show' }, characters: 1 },
  },
  blockouts: {
    away: {
      table: 'away',
      id: 'id',
      practitioner: 'doc',
      start: { date: 'd1' },
      end: { date: 'd2', plusMinutes: 1440 },
    },
    holidays: {
      table: 'holiday',
      id: 'id',
      location: 'place',
      none: ['0', ''],
      start: { date: 'd' },
      end: { date: 'd', plusMinutes: 1440 },
    },
  },
  sessions: {
    weekly: {
      ...common,
      weekly: 'weekly',
      weekday: 'dow',
      weekdays: 'sunday-0',
      start: { seconds: 'secs' },
      end: { length: 'len', in: 'minutes' },
      from: 'd1',
      until: 'd2',
      everyWeeks: 'every',
      week: 'wk',
      anchor: '2026-09-07',
      slotMinutes: 'slot',
    },
    extra: {
      ...common,
      table: 'extra',
      start: { date: 'd', time: 't' },
      end: { time: 'u' },
      slotMinutes: 'slot',
      capacity: 'cap',
    },
    template: {
      template: { table: 'tmpl', name: 'name', code: 'code', owner: 'owner', public: ['all'] },
      days: { ...common, table: 'days', date: 'd', template: 'tmpl' },
      open: '12',
    },
  },
};

const SLOTS: SlotOptions = {
  minutes: 20,
  practitioners: { '2': 15 },
  locations: { south: 10 },
  types: { long: { minutes: 30, practitioners: { '1': 40 } }, quick: { minutes: 5, locations: { north: 10 } } },
};

const instantOf = (date: string, minutes: number): Instant =>
  Temporal.PlainDate.from(date)
    .toPlainDateTime()
    .add({ minutes })
    .toZonedDateTime(ZONE, { disambiguation: 'compatible' }).epochMilliseconds;
const nextDay = (date: string, days = 1) => Temporal.PlainDate.from(date).add({ days }).toString();

interface Session {
  readonly docs: readonly string[];
  readonly place: string | null;
  readonly start: Instant;
  readonly end: Instant;
  readonly slot: number | null;
  readonly cap: number;
}

/** Day by day, rule by rule. */
function sessionsOf({ weekly, extra, days, tmpl }: Practice, first: string, count: number): Session[] {
  const sessions: Session[] = [];
  for (let i = -1; i < count; i++) {
    const date = nextDay(first, i);
    const day = Temporal.PlainDate.from(date);
    for (const rule of weekly) {
      if (day.dayOfWeek % 7 !== rule.dow) continue;
      if (rule.d1 !== null && date < rule.d1) continue;
      if (rule.d2 !== null && date > rule.d2) continue;
      const monday = (of: Temporal.PlainDate) => of.subtract({ days: of.dayOfWeek - 1 });
      const weeks = monday(Temporal.PlainDate.from('2026-09-07')).until(monday(day), { largestUnit: 'weeks' }).weeks;
      const inCycle = ((weeks % rule.every) + rule.every) % rule.every;
      if (inCycle !== rule.wk % rule.every) continue;
      const start = instantOf(date, rule.secs / 60);
      sessions.push({
        docs: [rule.doc],
        place: placeOf(rule.place),
        start,
        end: start + rule.len * MINUTE,
        slot: rule.slot,
        cap: 1,
      });
    }
    for (const one of extra) {
      if (one.d !== date) continue;
      const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
      const [start, end] = [instantOf(date, minutes(one.t)), instantOf(date, minutes(one.u))];
      if (end >= start)
        sessions.push({ docs: [one.doc], place: placeOf(one.place), start, end, slot: one.slot, cap: one.cap ?? 1 });
    }
    for (const one of days) {
      if (one.d !== date) continue;
      const own = tmpl.find(({ name, owner }) => name === one.tmpl && owner === one.doc);
      const code = (own ?? tmpl.find(({ name, owner }) => name === one.tmpl && owner === 'all'))?.code;
      if (code === undefined) continue;
      const width = 1440 / code.length;
      for (let from = 0; from < code.length;) {
        let to = from + 1;
        while (to < code.length && code[to] === code[from]) to++;
        if ('12'.includes(code[from] ?? '_'))
          sessions.push({
            docs: [one.doc],
            place: placeOf(one.place),
            start: instantOf(date, from * width),
            end: instantOf(date, to * width),
            slot: width,
            cap: 1,
          });
        from = to;
      }
    }
  }
  return sessions;
}

const placeOf = (place: string | null) => (place === null || place === '0' || place === '' ? null : place);

interface Busy {
  readonly docs: readonly string[] | 'all';
  readonly place: string | null;
  readonly start: Instant;
  readonly end: Instant;
  readonly block: boolean;
}

function busyOf({ appt, away, holiday }: Practice): Busy[] {
  const appointments = appt
    .filter(({ state }) => state === null || !['C', 'N'].includes(state.charAt(0)))
    .map(({ doc, asst, d, secs, len }) => {
      const start = instantOf(d, secs / 60);
      const docs = [doc, asst].filter((each) => each !== null && each !== '0');
      return { docs: docs as string[], place: null, start, end: start + len * MINUTE, block: false };
    });
  const leave = away.map(({ doc, d1, d2 }) => ({
    docs: [doc],
    place: null,
    start: instantOf(d1, 0),
    end: instantOf(nextDay(d2), 0),
    block: true,
  }));
  const off = holiday.map(({ place, d }) => ({
    docs: 'all' as const,
    place: placeOf(place),
    start: instantOf(d, 0),
    end: instantOf(nextDay(d), 0),
    block: true,
  }));
  return [...appointments, ...leave, ...off];
}

function naive(practice: Practice, filter: AvailabilityFilter, now: Instant): string[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(ZONE).toPlainDate().toString();
  const busy = busyOf(practice);
  const found = new Map<string, readonly [Instant, string, string]>();
  for (const session of sessionsOf(practice, today, 16)) {
    for (const doc of session.docs) {
      const own = doc === '2' ? 15 : session.place === 'south' ? 10 : 20;
      const step = session.slot ?? own;
      const ofType = (type: string) => (type === 'long' ? (doc === '1' ? 40 : 30) : session.place === 'north' ? 10 : 5);
      let length = filter.type === undefined ? step : ofType(filter.type);
      if (filter.lengthMinutes !== undefined) {
        const wanted = filter.lengthMinutes;
        if (wanted % step !== 0 && wanted !== ofType('long') && wanted !== ofType('quick')) continue;
        length = wanted;
      }
      for (let start = session.start; start + length * MINUTE <= session.end; start += step * MINUTE) {
        const end = start + length * MINUTE;
        const wall = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(ZONE);
        const time = wall.toPlainTime().toString().slice(0, 5);
        const date = wall.toPlainDate().toString();
        const asked =
          start >= now &&
          start < now + HORIZON &&
          (filter.from === undefined || start >= Number(filter.from)) &&
          (filter.to === undefined || start < Number(filter.to)) &&
          (filter.dates?.from === undefined || date >= filter.dates.from) &&
          (filter.dates?.to === undefined || date <= filter.dates.to) &&
          (filter.practitionerIds?.includes(doc) ?? true) &&
          (filter.locationIds === undefined ||
            (session.place !== null && filter.locationIds.includes(session.place))) &&
          (filter.weekdays?.includes(wall.dayOfWeek) ?? true) &&
          time >= (filter.timeOfDay?.from ?? '00:00') &&
          time < (filter.timeOfDay?.to ?? '24:00');
        if (!asked) continue;
        const inTheWay = busy.filter(
          (row) =>
            row.start < end &&
            start < row.end &&
            (row.docs === 'all'
              ? row.place === null || session.place === null || row.place === session.place
              : row.docs.includes(doc)),
        );
        if (inTheWay.some(({ block }) => block) || inTheWay.length >= session.cap) continue;
        const name = [String(start).padStart(15, '0'), String(end).padStart(15, '0'), doc, session.place ?? ''].join(
          '|',
        );
        found.set(name, [start, doc, session.place ?? '']);
      }
    }
  }
  const names = [...found.keys()].sort();
  if (filter.earliestPerPractitioner !== true) return names;
  const seen = new Set<string>();
  return names.filter((name) => {
    const doc = name.split('|')[2] ?? '';
    return !seen.has(doc) && seen.add(doc);
  });
}

const nameOf = ({ start, end, practitionerId, locationId }: Slot) =>
  [String(start).padStart(15, '0'), String(end).padStart(15, '0'), practitionerId, locationId ?? ''].join('|');

function drawFilter(random: Random, now: Instant): AvailabilityFilter {
  const maybe = <T>(make: () => T, chance = 0.3): T | undefined => (random.chance(chance) ? make() : undefined);
  const parts: Record<string, unknown> = {
    practitionerIds: maybe(() => random.pick([['1'], ['2', '3'], ['1', '2', '3']])),
    locationIds: maybe(() => random.pick([['north'], ['south', 'north']])),
    from: maybe(() => now + random.int(0, 5) * DAY),
    to: maybe(() => now + random.int(6, 14) * DAY),
    dates: maybe(() =>
      random.pick([{ from: '2026-10-04' }, { to: '2026-10-05' }, { from: '2026-10-03', to: '2026-10-04' }]),
    ),
    weekdays: maybe(() => random.pick([[1], [6, 7], [1, 2, 3, 4, 5]])),
    timeOfDay: maybe(() => random.pick([{ from: '09:00' }, { to: '03:00' }, { from: '02:00', to: '13:15' }])),
    earliestPerPractitioner: maybe(() => true, 0.2),
    ...random.pick([{}, {}, { type: 'long' }, { type: 'quick' }, { lengthMinutes: 40 }, { lengthMinutes: 25 }]),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

async function answers(
  link: ClinicLink,
  filter: AvailabilityFilter,
  now: Instant,
  lengths: SlotLengths,
): Promise<string[]> {
  const whole = { cutoff: now - 12 * 60 * MINUTE, signal: never };
  const rows = async (stream: 'busy' | 'session') => {
    const { records, skipped } = await ok(link.readRange({ ...whole, range: { stream, from: null, to: null } }));
    // From half past two to three in the night in which the clocks go from two to three.
    expect(skipped.filter(({ rule }) => rule !== 'ends before it starts')).toEqual([]);
    return records;
  };
  const times = new FreeTimes(await mirrorOf([...(await rows('session')), ...(await rows('busy'))]), lengths);
  const page = async (after?: string) => {
    const asked = { ...filter, limit: 40, ...(after === undefined ? {} : { after }) };
    const resolved = resolveFilter(asked, now, HORIZON, lengths.types)._unsafeUnwrap();
    return (await times.find(resolved, []))._unsafeUnwrap();
  };
  const slots: Slot[] = [];
  for (let found = await page(); ;) {
    slots.push(...found.slice(0, 40));
    const last = found.length > 40 ? slots.at(-1) : undefined;
    if (!last) return slots.map(nameOf);
    found = await page(markOf(last));
  }
}

describe.each(GROUNDS)('%s', (engine, isThere, open) => {
  let ground: Ground;
  let link: ClinicLink;
  beforeAll(async () => {
    if (!isThere) return;
    ground = await open();
    for (const [name, columns] of Object.entries(TABLES)) await ground.table(name, columns(ground.types));
    link = await connect(ground.adapter(SCHEMA));
  });
  afterAll(async () => {
    await link?.close();
    await ground?.dispose();
  });
  // What the engines do differently is in the forms; here SQLite shows most practices.
  const runs = engine === 'sqlite' ? RUNS : Math.min(RUNS, 60);

  it.skipIf(!isThere)(`answers as the oracle does, ${String(runs)} practices`, { timeout: 600_000 }, async () => {
    const lengths = new SlotLengths(SLOTS);
    let seen = 0;
    for (let run = 0; run < runs; run++) {
      const random = new Random(SEED + run);
      const practice = drawPractice(random);
      for (const [name, rows] of Object.entries(practice)) {
        await ground.run(`delete from ${name}`);
        await ground.insert(name, rows as never);
      }
      // In the days before the clocks go forward, on 4 October at 2:00.
      const now = Date.UTC(2026, 8, 30, random.int(0, 47) / 2);
      for (let asked = 0; asked < 2; asked++) {
        const filter = drawFilter(random, now);
        const expected = naive(practice, filter, now);
        seen += expected.length;
        const hint = `seed ${String(SEED + run)}: ${JSON.stringify(filter)}`;
        expect(await answers(link, filter, now, lengths), hint).toEqual(expected);
      }
    }
    expect(seen).toBeGreaterThan(runs * 5);
  });
});
