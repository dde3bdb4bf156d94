import { fault } from './errors.js';
import { DAY, MINUTE } from './instant.js';
import type { ClinicRow } from './row.js';

type Minutes = Readonly<Record<string, number>>;

/** How long appointments of one type last. */
export interface AppointmentType {
  readonly minutes: number;
  /** Where it differs, by practitioner id; goes before `locations`. */
  readonly practitioners?: Minutes;
  /** Where it differs, by location id. */
  readonly locations?: Minutes;
}

/** How sessions are cut into slots. All lengths in minutes. */
export interface SlotOptions {
  /** The length of a slot where neither its session nor anything below says. Default 15. */
  readonly minutes?: number;
  /** The same for sessions of these practitioners (by id), which goes before `locations`, and at these locations. */
  readonly practitioners?: Minutes;
  readonly locations?: Minutes;
  /** The host's names for types of appointments, such as `{ long: { minutes: 30 } }`; `availability({ type })` asks by them. */
  readonly types?: Readonly<Record<string, AppointmentType>>;
}

export const DEFAULT_SLOT_MINUTES = 15;

type Place = { readonly practitionerId: string; readonly locationId: string | null };

/** Which length is asked for: a type's, one in ms, or each session's own. */
export type AskedLength = { readonly type: string } | { readonly ms: number } | null;

/** Resolved {@link SlotOptions}. All lengths in ms. */
export class SlotLengths {
  constructor(private readonly options: SlotOptions = {}) {
    check('slots.minutes', options.minutes);
    checkAll('slots.practitioners', options.practitioners);
    checkAll('slots.locations', options.locations);
    for (const [name, type] of Object.entries(options.types ?? {})) {
      const at = `slots.types.${name}`;
      check(`${at}.minutes`, type.minutes, true);
      checkAll(`${at}.practitioners`, type.practitioners);
      checkAll(`${at}.locations`, type.locations);
    }
  }

  get types(): readonly string[] {
    return Object.keys(this.options.types ?? {});
  }

  /** From one start that a session offers to the next. */
  stepOf(session: Pick<ClinicRow, 'slotMs' | 'locationId'>, practitionerId: string): number {
    return (
      session.slotMs ??
      ofPlace(this.options, { practitionerId, locationId: session.locationId }) ??
      DEFAULT_SLOT_MINUTES * MINUTE
    );
  }

  /** The length asked for, in a session of this step; `null` where the session cannot be cut to it. */
  lengthOf(asked: AskedLength, step: number, place: Place): number | null {
    if (asked === null) return step;
    if ('type' in asked) return this.ofType(asked.type, place);
    return this.isOffered(asked.ms, step, place) ? asked.ms : null;
  }

  /** Whether slots of this length are cut from a session of this step: whole steps, or as long as some type is. */
  isOffered(ms: number, step: number, place: Place): boolean {
    return ms % step === 0 || this.types.some((type) => this.ofType(type, place) === ms);
  }

  private ofType(name: string, place: Place): number | null {
    const type = Object.hasOwn(this.options.types ?? {}, name) ? this.options.types?.[name] : undefined;
    return type ? ofPlace(type, place) : null;
  }
}

function ofPlace(
  { minutes, practitioners = {}, locations = {} }: Pick<SlotOptions, 'minutes' | 'practitioners' | 'locations'>,
  { practitionerId, locationId }: Place,
): number | null {
  const own = Object.hasOwn(practitioners, practitionerId) ? practitioners[practitionerId] : undefined;
  const here = locationId !== null && Object.hasOwn(locations, locationId) ? locations[locationId] : undefined;
  const found = own ?? here ?? minutes;
  return found === undefined ? null : found * MINUTE;
}

function checkAll(field: string, lengths: Minutes | undefined): void {
  for (const [id, minutes] of Object.entries(lengths ?? {})) check(`${field}.${id}`, minutes, true);
}

function check(field: string, minutes: number | undefined, required = false): void {
  if (minutes === undefined && !required) return;
  if (!isLength(minutes))
    throw fault('InvalidArgument', `${field} must be a number of minutes up to a day.`, { field });
}

/** Whole milliseconds, and no longer than a day. */
export function isLength(minutes: unknown): minutes is number {
  return typeof minutes === 'number' && minutes > 0 && minutes * MINUTE <= DAY && Number.isInteger(minutes * MINUTE);
}
