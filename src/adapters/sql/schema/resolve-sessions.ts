import { DAY } from '../../../domain/instant.js';
import { asList, checkKeys, checkName, checkNames, checkObject, checkPath, invalid } from './names.js';
import {
  isClock,
  resolveClock,
  resolveLength,
  type ResolvedClock,
  type ResolvedEnd,
  type ResolvedLength,
} from './resolve-moments.js';
import {
  resolveCount,
  resolveNone,
  resolveTable,
  TABLE_KEYS,
  type ResolvedCount,
  type ResolvedTable,
} from './resolve-table.js';
import type {
  FunctionMapping,
  SessionSource,
  Sessions,
  SlotMapping,
  TemplateMapping,
  WeekdayNumbers,
  WeeklyMapping,
} from './sessions.js';

/** What sessions of every form have in common. */
interface ResolvedSlots {
  readonly label: string;
  readonly prefix: string;
  readonly slot: string | number | null;
  readonly oneSlot: boolean;
  readonly capacity: string | number;
}

export interface ResolvedWeekly extends ResolvedSlots, ResolvedCount {
  readonly kind: 'weekly';
  readonly table: readonly string[];
  readonly ids: readonly string[];
  readonly practitioners: readonly string[];
  readonly location: string | null;
  readonly none: readonly string[];
  readonly weekday: string;
  /** ISO's number, 1 to 7, of each of the clinic's. */
  readonly weekdays: Readonly<Record<string, number>>;
  readonly start: ResolvedClock;
  readonly end:
    | { readonly kind: 'clock'; readonly clock: ResolvedClock; readonly plusMs: number }
    | ResolvedLength
    | Extract<ResolvedEnd, { kind: 'fixed' }>;
  readonly from: string | null;
  readonly until: string | null;
  readonly everyWeeks: string | number;
  readonly week: string | number;
  /** Days since 1970-01-01. */
  readonly anchor: number | null;
}

export interface ResolvedTemplate extends ResolvedSlots, ResolvedCount {
  readonly kind: 'template';
  readonly table: readonly string[];
  readonly ids: readonly string[];
  readonly practitioner: string;
  readonly location: string | null;
  readonly none: readonly string[];
  readonly date: string;
  readonly name: string;
  readonly templates: {
    readonly table: readonly string[];
    readonly name: string;
    readonly code: string;
    readonly owner: string | null;
    readonly public: readonly string[];
  };
  readonly closed: string;
  readonly open: string | null;
}

export interface ResolvedFunction extends Pick<ResolvedSlots, 'label' | 'prefix'> {
  readonly kind: 'function';
  readonly sessions: FunctionMapping['sessions'];
}

/** Sessions that are laid out from rules, instead of being rows of a table. */
export type ResolvedRoster = ResolvedWeekly | ResolvedTemplate | ResolvedFunction;

/** Rules are laid out so many days ahead of the cutoff: beyond every horizon that bookings have by default. */
export const ROSTER_DAYS = 200;
/** Stands for "as many as one likes". */
export const UNLIMITED = 1_000_000;

const SLOT_KEYS = [
  'slotMinutes',
  'oneSlot',
  'capacity',
  'allowOverlap',
] as const satisfies readonly (keyof SlotMapping)[];

export function resolveSessions(sessions: Sessions): { tables: ResolvedTable[]; rosters: ResolvedRoster[] } {
  const tables: ResolvedTable[] = [];
  const rosters: ResolvedRoster[] = [];
  for (const [label, prefix, source] of named('sessions', sessions, isSource)) {
    const at = `schema.${label}`;
    if ('sessions' in source) {
      if (typeof source.sessions !== 'function') throw invalid(`${at}.sessions`, 'must be a function');
      rosters.push({ kind: 'function', label, prefix, sessions: source.sessions });
    } else if ('weekly' in source) rosters.push(resolveWeekly(at, { label, prefix }, source));
    else if ('days' in source) rosters.push(resolveTemplate(at, { label, prefix }, source));
    else {
      checkKeys(at, source, [...TABLE_KEYS, ...SLOT_KEYS]);
      tables.push(resolveTable(source, { kind: 'session', ...resolveSlots(at, { label, prefix }, source) }));
    }
  }
  return { tables, rosters };
}

/** One mapping, or several by names: each with its label and what its ids begin with. */
export function named<T extends object>(
  group: string,
  given: T | Readonly<Record<string, T>>,
  isOne: (value: object) => value is T,
  single = '',
): [label: string, prefix: string, mapping: T][] {
  checkObject(`schema.${group}`, given);
  if (isOne(given)) return [[group, single, given]];
  const entries = Object.entries(given);
  if (entries.length === 0) throw invalid(`schema.${group}`, 'must name a table');
  return entries.map(([name, mapping]) => {
    const at = `schema.${group}.${name}`;
    if (!NAME.test(name) || RESERVED.has(name)) {
      throw invalid(at, `must be named by letters, digits, - and _, and not ${[...RESERVED].join(', ')}`);
    }
    checkObject(at, mapping);
    if (!isOne(mapping)) throw invalid(at, 'must be a mapping');
    return [`${group}.${name}`, `${name}:`, mapping];
  });
}

const NAME = /^[A-Za-z][\w-]*$/;
/** What ids of the unprefixed tables are escaped with. */
const RESERVED = new Set(['appointment', 'session', 'blockout']);

function isSource(value: object): value is SessionSource {
  const { table, weekly, days, sessions } = value as Readonly<Record<string, unknown>>;
  const isTable = (name: unknown) => typeof name === 'string' || Array.isArray(name);
  const isDays = typeof days === 'object' && 'template' in value;
  return isTable(table) || isTable(weekly) || isDays || typeof sessions === 'function';
}

function resolveSlots(
  at: string,
  names: Pick<ResolvedSlots, 'label' | 'prefix'>,
  { slotMinutes, oneSlot = false, capacity = 1, allowOverlap = false }: SlotMapping,
): ResolvedSlots {
  if (typeof slotMinutes === 'number' && !isSlotMinutes(slotMinutes)) {
    throw invalid(`${at}.slotMinutes`, 'must be a positive number of minutes');
  }
  if (oneSlot && slotMinutes !== undefined) throw invalid(`${at}.oneSlot`, 'must not stand beside slotMinutes');
  if (typeof capacity === 'number' && !(Number.isInteger(capacity) && capacity > 0)) {
    throw invalid(`${at}.capacity`, 'must be a whole number above 0');
  }
  const slot = typeof slotMinutes === 'string' ? checkName(`${at}.slotMinutes`, slotMinutes) : (slotMinutes ?? null);
  const most = typeof capacity === 'string' ? checkName(`${at}.capacity`, capacity) : capacity;
  return { ...names, slot, oneSlot, capacity: allowOverlap ? UNLIMITED : most };
}

/** Whole milliseconds, and no longer than a day, which no practice exceeds. */
export function isSlotMinutes(minutes: number): boolean {
  return minutes > 0 && minutes * 60_000 <= DAY && Number.isInteger(minutes * 60_000);
}

function resolveWeekly(
  at: string,
  names: Pick<ResolvedSlots, 'label' | 'prefix'>,
  rule: WeeklyMapping,
): ResolvedWeekly {
  checkKeys(at, rule, [
    ...['weekly', 'id', 'practitioner', 'location', 'none', 'only', 'weekday', 'weekdays', 'start', 'end'],
    ...['from', 'until', 'everyWeeks', 'week', 'anchor', ...SLOT_KEYS],
  ]);
  const { everyWeeks = 1, week = 0, anchor } = rule;
  if (typeof everyWeeks === 'number' && !(Number.isInteger(everyWeeks) && everyWeeks > 0)) {
    throw invalid(`${at}.everyWeeks`, 'must be a column or a whole number above 0');
  }
  if (typeof week === 'number' && !(Number.isInteger(week) && week >= 0)) {
    throw invalid(`${at}.week`, 'must be a column or a whole number, counting from 0');
  }
  const anchorDay = anchor === undefined ? null : Date.parse(`${anchor}T00:00:00Z`) / DAY;
  if (anchorDay !== null && !Number.isInteger(anchorDay)) throw invalid(`${at}.anchor`, 'must be a day, YYYY-MM-DD');
  const optional = (field: 'location' | 'from' | 'until') =>
    rule[field] === undefined ? null : checkName(`${at}.${field}`, rule[field]);
  const { end } = rule;
  checkObject(`${at}.end`, end);
  return {
    kind: 'weekly',
    ...resolveSlots(at, names, rule),
    table: checkPath(`${at}.weekly`, rule.weekly),
    ids: checkNames(`${at}.id`, rule.id),
    practitioners: checkNames(`${at}.practitioner`, rule.practitioner),
    location: optional('location'),
    none: resolveNone(rule.none),
    ...resolveCount(at, rule.only),
    weekday: checkName(`${at}.weekday`, rule.weekday),
    weekdays: resolveWeekdays(`${at}.weekdays`, rule.weekdays ?? 'iso'),
    start: resolveClock(`${at}.start`, checkObject(`${at}.start`, rule.start)),
    end: isClock(end)
      ? {
          kind: 'clock',
          clock: resolveClock(`${at}.end`, end),
          plusMs: ((end as { plusMinutes?: number }).plusMinutes ?? 0) * 60_000,
        }
      : (resolveLength(`${at}.end`, end) as ResolvedLength),
    from: optional('from'),
    until: optional('until'),
    everyWeeks: typeof everyWeeks === 'string' ? checkName(`${at}.everyWeeks`, everyWeeks) : everyWeeks,
    week: typeof week === 'string' ? checkName(`${at}.week`, week) : week,
    anchor: anchorDay,
  };
}

/** The first weekday, and its number. */
const COUNTED = { iso: [1, 1], 'monday-0': [1, 0], 'sunday-0': [7, 0], 'sunday-1': [7, 1] } as const;

function resolveWeekdays(field: string, weekdays: WeekdayNumbers): Readonly<Record<string, number>> {
  if (typeof weekdays === 'object') {
    for (const [name, day] of Object.entries(weekdays)) {
      if (!(Number.isInteger(day) && day >= 1 && day <= 7))
        throw invalid(`${field}.${name}`, 'must be 1 (Monday) to 7 (Sunday)');
    }
    return weekdays;
  }
  if (!Object.hasOwn(COUNTED, weekdays))
    throw invalid(field, `must be ${Object.keys(COUNTED).join(', ')}, or a table of names`);
  const [first, number] = COUNTED[weekdays];
  return Object.fromEntries(Array.from({ length: 7 }, (_, i) => [String(number + i), ((first - 1 + i) % 7) + 1]));
}

function resolveTemplate(
  at: string,
  names: Pick<ResolvedSlots, 'label' | 'prefix'>,
  mapping: TemplateMapping,
): ResolvedTemplate {
  checkKeys(at, mapping, ['template', 'days', 'closed', 'open', ...SLOT_KEYS]);
  const days = checkObject(`${at}.days`, mapping.days);
  const template = checkObject(`${at}.template`, mapping.template);
  const day = (field: 'practitioner' | 'date' | 'template') => checkName(`${at}.days.${field}`, days[field]);
  const { closed = '_ ', open } = mapping;
  if (typeof closed !== 'string' || closed === '') throw invalid(`${at}.closed`, 'must be a text of characters');
  if (open !== undefined && (typeof open !== 'string' || open === ''))
    throw invalid(`${at}.open`, 'must be a text of characters');
  return {
    kind: 'template',
    ...resolveSlots(at, names, mapping),
    table: checkPath(`${at}.days.table`, days.table),
    ids: checkNames(`${at}.days.id`, days.id),
    practitioner: day('practitioner'),
    location: days.location === undefined ? null : checkName(`${at}.days.location`, days.location),
    ...resolveCount(`${at}.days`, days.only),
    none: resolveNone(days.none),
    date: day('date'),
    name: day('template'),
    templates: {
      table: checkPath(`${at}.template.table`, template.table),
      name: checkName(`${at}.template.name`, template.name),
      code: checkName(`${at}.template.code`, template.code),
      owner: template.owner === undefined ? null : checkName(`${at}.template.owner`, template.owner),
      public: asList(template.public ?? []).map((each) => checkName(`${at}.template.public`, each)),
    },
    closed,
    open: open ?? null,
  };
}
