import { sql } from 'kysely';

import { DAY, MINUTE, SECOND, type Instant } from '../../../domain/instant.js';
import { weekdayOf } from '../../../domain/zone.js';
import type { FoundColumn } from '../bind-times.js';
import { fitting } from '../bind-times.js';
import { ruleHolds } from '../counts.js';
import type { Decoded } from '../decode.js';
import { joinKey } from '../ids.js';
import { allOf } from '../logic.js';
import { isSlotMinutes, UNLIMITED, type ResolvedWeekly } from '../schema/resolve-sessions.js';
import { wallAxis } from '../time/axis.js';
import { decodeClock } from '../time/clock.js';
import { dateText, decodeDate } from '../time/texts.js';
import { laidOut, remembering, rosterDays, type Roster, type RosterContext } from './roster.js';

/** What is read of a rule, by the names below. */
type RuleTexts = Readonly<Record<string, string | null>>;

/** A rule as it is laid out. Days are counted from 1970-01-01. */
export interface WeeklyRule {
  readonly id: string;
  readonly practitionerIds: readonly string[];
  readonly locationId: string | null;
  /** 1 Monday … 7 Sunday. */
  readonly weekday: number;
  /** Seconds since midnight. */
  readonly start: number;
  /** Wall ms since the day's midnight, or how long it lasts. */
  readonly end: { readonly wall: number } | { readonly length: number };
  readonly from: number | null;
  readonly until: number | null;
  readonly everyWeeks: number;
  readonly week: number;
  /** A day of a week with the number 0. */
  readonly anchor: number;
  readonly slotMs: number | null;
  readonly capacity: number;
}

export async function bindWeekly(context: RosterContext, mapping: ResolvedWeekly): Promise<Roster> {
  const at = `schema.${mapping.label}`;
  const finder = await context.open(mapping.label, mapping.table);
  const columns: Record<string, FoundColumn> = {};
  const read = (name: string, field: string, column: string | number | null) => {
    if (typeof column === 'string') columns[name] = finder.read(`${at}.${field}`, column);
  };
  mapping.ids.forEach((name, i) => {
    read(`id${String(i)}`, 'id', name);
  });
  mapping.practitioners.forEach((name, i) => {
    read(`p${String(i)}`, 'practitioner', name);
  });
  read('location', 'location', mapping.location);
  read('weekday', 'weekday', mapping.weekday);
  read('start', 'start', mapping.start.column);
  const { end } = mapping;
  if (end.kind !== 'fixed') read('end', 'end', end.kind === 'clock' ? end.clock.column : end.column);
  for (const field of ['from', 'until', 'everyWeeks', 'week'] as const) read(field, field, mapping[field]);
  read('slot', 'slotMinutes', mapping.slot);
  read('capacity', 'capacity', mapping.capacity);
  for (const [field, form] of [
    ['start', mapping.start.form],
    ...(end.kind === 'clock' ? [['end', end.clock.form] as const] : []),
  ] as const) {
    const found = columns[field];
    if (found) fitting(`${at}.${field}`, context.engine.clock(found.reference, found.type, form));
  }
  const rules = mapping.rules.map((rule) =>
    ruleHolds(context.engine, rule, finder.read(`${at}.only.${rule.column}`, rule.column).text),
  );
  const selected = sql.join(Object.entries(columns).map(([name, { text }]) => sql`${text} as ${sql.id(name)}`));
  const layOut = remembering((texts: readonly RuleTexts[], cutoff) =>
    texts.flatMap((each) => layRule(context, mapping, each, cutoff)),
  );
  return {
    label: mapping.label,
    tables: [{ label: mapping.label, path: finder.path }],
    read: async (db, cutoff) => {
      const { rows } = await sql<RuleTexts>`
        select ${selected} from ${sql.id(...finder.path)} as ${sql.id('t')} where ${allOf(rules)}
      `.execute(db);
      return layOut(
        rows.map((row) => ({ ...row })),
        cutoff,
      );
    },
  };
}

function layRule(
  context: RosterContext,
  mapping: ResolvedWeekly,
  texts: RuleTexts,
  cutoff: Instant,
): readonly Decoded[] {
  const rule = decodeRule(mapping, texts);
  if ('rule' in rule) {
    const id = context.outward(rule.id);
    return [{ skipped: { key: { stream: 'session', id }, field: rule.field, rule: rule.rule } }];
  }
  const zone = context.zoneOf(rule.locationId);
  const axis = wallAxis(zone, context.policy);
  return daysOf(rule, rosterDays(cutoff, zone)).flatMap((day) => {
    const start = axis.read(day * DAY + rule.start * SECOND);
    if (start === undefined) return [];
    const end = 'length' in rule.end ? start + rule.end.length : axis.read(day * DAY + rule.end.wall);
    if (end === undefined || end <= cutoff || end < start) return [];
    const { practitionerIds, locationId, slotMs, capacity } = rule;
    const id = `${context.outward(rule.id)}@${dateText(day)}`;
    const one = mapping.oneSlot && end > start ? end - start : slotMs;
    const row = { id, practitionerIds, locationId, start, end, zone, slotMs: one, ...(capacity !== 1 && { capacity }) };
    return [laidOut(mapping.label, row)];
  });
}

/** The days between two, both inclusive, on which a rule holds. */
export function daysOf(rule: WeeklyRule, { first, last }: { readonly first: number; readonly last: number }): number[] {
  const days: number[] = [];
  const from = Math.max(first, rule.from ?? first);
  const until = Math.min(last, rule.until ?? last);
  for (let day = from + ((rule.weekday - weekdayOf(from) + 7) % 7); day <= until; day += 7) {
    const weeks = weekOf(day) - weekOf(rule.anchor);
    if (((weeks % rule.everyWeeks) + rule.everyWeeks) % rule.everyWeeks === rule.week) days.push(day);
  }
  return days;
}

/** Monday to Sunday; 1970-01-01 was a Thursday. */
function weekOf(day: number): number {
  return Math.floor((day + 3) / 7);
}

function decodeRule(
  mapping: ResolvedWeekly,
  texts: RuleTexts,
): WeeklyRule | { id: string; field: string; rule: string } {
  const text = (name: string) => texts[name] ?? null;
  const keys = mapping.ids.map((_, i) => text(`id${String(i)}`));
  const id = joinKey(keys.map((key) => key ?? ''));
  const skip = (field: string, rule: string) => ({ id, field, rule });
  if (keys.includes(null)) return skip('id', 'is NULL');
  const unlessNone = (value: string | null) => (value === null || mapping.none.includes(value) ? null : value);
  const practitionerIds = mapping.practitioners
    .map((_, i) => unlessNone(text(`p${String(i)}`)))
    .filter((each) => each !== null);
  if (practitionerIds.length === 0) return skip('practitioner', 'names nobody');
  const weekday = mapping.weekdays[(text('weekday') ?? '').trim()];
  if (weekday === undefined) return skip('weekday', 'not a weekday of the mapping');
  const start = decodeClock(mapping.start.form, text('start') ?? '');
  if (start === undefined || start === DAY / SECOND) return skip('start', 'not a time');
  const end = decodeRuleEnd(mapping.end, text('end'), start);
  if (typeof end === 'string') return skip('end', end);
  const from = dayOf(text('from'));
  if (from === undefined) return skip('from', 'not a date');
  const until = dayOf(text('until'));
  if (until === undefined) return skip('until', 'not a date');
  const everyWeeks = countOf(mapping.everyWeeks, text('everyWeeks'), 1);
  if (everyWeeks === undefined || everyWeeks < 1) return skip('everyWeeks', 'not a whole number above 0');
  const week = countOf(mapping.week, text('week'), 0);
  if (week === undefined) return skip('week', 'not a whole number');
  const anchor = mapping.anchor ?? from;
  if (anchor === null && everyWeeks > 1) return skip('from', 'is NULL, so that nobody knows its first week');
  const slot = typeof mapping.slot === 'string' ? (text('slot') === null ? null : Number(text('slot'))) : mapping.slot;
  if (slot !== null && !isSlotMinutes(slot)) return skip('slotMinutes', 'not a length in minutes');
  const capacity = countOf(mapping.capacity, text('capacity'), 1);
  if (capacity === undefined || capacity < 1) return skip('capacity', 'not a whole number above 0');
  return {
    id,
    practitionerIds,
    locationId: unlessNone(text('location')),
    weekday,
    start,
    end,
    from,
    until,
    everyWeeks,
    week: week % everyWeeks,
    anchor: anchor ?? 0,
    slotMs: slot === null ? null : slot * MINUTE,
    capacity: Math.min(capacity, UNLIMITED),
  };
}

function decodeRuleEnd(mapping: ResolvedWeekly['end'], text: string | null, start: number): WeeklyRule['end'] | string {
  if (mapping.kind === 'fixed') return { length: mapping.ms };
  if (mapping.kind === 'length') {
    if (text === null) return mapping.orMs === null ? 'is NULL' : { length: mapping.orMs };
    const units =
      mapping.counts === 'characters' ? Array.from(text).length : text.trim() === '' ? Number.NaN : Number(text);
    return units >= 0 && Number.isFinite(units) ? { length: Math.round(units * mapping.unitMs) } : 'not a length';
  }
  if (text === null) return 'is NULL';
  const seconds = decodeClock(mapping.clock.form, text);
  if (seconds === undefined) return 'not a time';
  const wall = seconds * SECOND + mapping.plusMs;
  return wall >= start * SECOND ? { wall } : 'ends before it starts';
}

/** `null`: no bound; a date that is none is `undefined`. A zero date, which MySQL has, is no bound. */
function dayOf(text: string | null): number | null | undefined {
  return text === null || text.startsWith('0000-00-00') ? null : decodeDate(text);
}

function countOf(mapping: string | number, text: string | null, orElse: number): number | undefined {
  if (typeof mapping === 'number') return mapping;
  const count = text === null ? orElse : text.trim() === '' ? Number.NaN : Number(text);
  return Number.isInteger(count) && count >= 0 ? count : undefined;
}
