import { DAY, MINUTE, SECOND } from '../../../domain/instant.js';
import { checkKeys, checkName, checkObject, invalid } from './names.js';
import type { ClockMapping, EndMapping, EndRules, LengthMapping, StartMapping, TimeForm } from './moments.js';

export type ClockForm = 'time' | 'seconds' | 'minutes' | 'hhmm';

/** A column that holds a time of day. */
export interface ResolvedClock {
  readonly column: string;
  readonly form: ClockForm;
}

/** A point in time, in one column or two. */
export type ResolvedMoment =
  | { readonly kind: 'stamp'; readonly column: string; readonly form: TimeForm; readonly separator: ' ' | 'T' }
  | {
      readonly kind: 'split';
      readonly date: string;
      readonly clock: ResolvedClock | null;
      readonly form: 'wall' | 'utc';
    };

export interface ResolvedLength {
  readonly kind: 'length';
  readonly column: string;
  readonly counts: 'value' | 'characters';
  readonly unitMs: number;
  readonly character: string;
  readonly orMs: number | null;
}

export type ResolvedEnd =
  | {
      readonly kind: 'moment';
      readonly moment: ResolvedMoment;
      readonly plusMs: number;
      readonly orMs: number | null;
    }
  /** On the date of the start. */
  | { readonly kind: 'clock'; readonly clock: ResolvedClock; readonly plusMs: number; readonly orMs: number | null }
  | ResolvedLength
  | { readonly kind: 'fixed'; readonly ms: number };

const TIME_FORMS: Readonly<Record<TimeForm, true>> = {
  instant: true,
  wall: true,
  utc: true,
  'epoch-ms': true,
  'epoch-s': true,
};
const CLOCKS = ['time', 'seconds', 'minutes', 'hhmm'] as const satisfies readonly ClockForm[];
const RULES = ['plusMinutes', 'orMinutes'];

export interface MomentContext {
  /** The path of the table in the schema. */
  readonly at: string;
  readonly time: TimeForm | undefined;
  readonly separator: ' ' | 'T' | undefined;
}

export function resolveStart(context: MomentContext, mapping: StartMapping): ResolvedMoment {
  const at = `${context.at}.start`;
  if (typeof mapping === 'string') return stampOf(context, at, mapping);
  checkObject(at, mapping);
  checkKeys(at, mapping, ['date', ...CLOCKS]);
  return splitOf(context, at, mapping);
}

export function resolveEnd(context: MomentContext, start: ResolvedMoment, mapping: EndMapping): ResolvedEnd {
  const at = `${context.at}.end`;
  if (typeof mapping === 'string') {
    return { kind: 'moment', moment: stampOf(context, at, mapping), plusMs: 0, orMs: null };
  }
  checkObject(at, mapping);
  if ('length' in mapping) return resolveLength(at, mapping);
  checkKeys(at, mapping, ['column', 'date', ...CLOCKS, ...RULES]);
  const rules = { plusMs: minutesOf(at, mapping, 'plusMinutes') ?? 0, orMs: minutesOf(at, mapping, 'orMinutes') };
  if ('column' in mapping) return { kind: 'moment', moment: stampOf(context, at, mapping.column), ...rules };
  if ('date' in mapping) return { kind: 'moment', moment: splitOf(context, at, mapping), ...rules };
  if (start.kind !== 'split') throw invalid(at, 'must have a date of its own where the start has none');
  return { kind: 'clock', clock: resolveClock(at, mapping), ...rules };
}

export function resolveLength(at: string, mapping: LengthMapping & EndRules): ResolvedLength | ResolvedEnd {
  checkKeys(at, mapping, ['length', 'in', 'unitMinutes', 'character', 'orMinutes']);
  if (typeof mapping.length === 'number') return { kind: 'fixed', ms: lengthMs(`${at}.length`, mapping.length) };
  const { in: unit = 'minutes' } = mapping as { in?: string };
  const units: Readonly<Record<string, number | undefined>> = { seconds: SECOND, minutes: MINUTE };
  const character = 'character' in mapping ? (mapping.character ?? 'X') : 'X';
  if (typeof character !== 'string' || character.length !== 1) {
    throw invalid(`${at}.character`, 'must be one character');
  }
  const isOwnUnit = unit === 'units' || unit === 'characters';
  if (units[unit] === undefined && !isOwnUnit) {
    throw invalid(`${at}.in`, "must be 'seconds', 'minutes', 'units' or 'characters'");
  }
  const own = 'unitMinutes' in mapping ? mapping.unitMinutes : Number.NaN;
  return {
    kind: 'length',
    column: checkName(`${at}.length`, mapping.length),
    counts: unit === 'characters' ? 'characters' : 'value',
    unitMs: isOwnUnit ? lengthMs(`${at}.unitMinutes`, own) : (units[unit] ?? 0),
    character,
    orMs: minutesOf(at, mapping, 'orMinutes'),
  };
}

export function isClock(mapping: object): mapping is ClockMapping {
  return CLOCKS.some((form) => form in mapping);
}

export function resolveClock(at: string, mapping: ClockMapping): ResolvedClock {
  const [form, another] = CLOCKS.filter((each) => each in mapping);
  if (form === undefined || another !== undefined) throw invalid(at, `must have one of ${CLOCKS.join(', ')}`);
  return { form, column: checkName(`${at}.${form}`, (mapping as Readonly<Record<string, unknown>>)[form]) };
}

function splitOf(context: MomentContext, at: string, mapping: StartMapping & object): ResolvedMoment {
  const { time: form = 'wall' } = context;
  if (form !== 'wall' && form !== 'utc') {
    throw invalid(`${context.at}.time`, "must be 'wall' or 'utc' where date and time are in columns of their own");
  }
  return {
    kind: 'split',
    date: checkName(`${at}.date`, mapping.date),
    clock: isClock(mapping) ? resolveClock(at, mapping) : null,
    form,
  };
}

function stampOf({ at, time, separator = ' ' }: MomentContext, field: string, column: string): ResolvedMoment {
  if (time === undefined || !Object.hasOwn(TIME_FORMS, time)) {
    throw invalid(`${at}.time`, `must be one of ${Object.keys(TIME_FORMS).join(', ')}`);
  }
  if (separator !== ' ' && separator !== 'T') throw invalid(`${at}.separator`, "must be ' ' or 'T'");
  return { kind: 'stamp', column: checkName(field, column), form: time, separator };
}

function minutesOf(at: string, mapping: EndRules, field: 'plusMinutes' | 'orMinutes'): number | null {
  const minutes = mapping[field];
  return minutes === undefined ? null : lengthMs(`${at}.${field}`, minutes);
}

function lengthMs(field: string, minutes: number): number {
  const ms = minutes * MINUTE;
  if (!(ms >= 0 && ms <= 400 * DAY && Number.isInteger(ms))) throw invalid(field, 'must be a number of minutes');
  return ms;
}
