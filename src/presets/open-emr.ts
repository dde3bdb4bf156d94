import { defineClinicSchema, type ClinicSchema } from '../adapters/sql/index.js';
import { placed, type PresetOptions } from './options.js';

export interface OpenEmrOptions extends PresetOptions {
  /** `pc_catid` of rows that say when a provider is in the office: sessions. Default `['2']`. */
  readonly inOffice?: readonly string[];
  /** `pc_catid` of rows that take time and are no appointments. Default out of office, vacation, lunch, reserved: `['3', '4', '8', '11']`. */
  readonly unavailable?: readonly string[];
  /** `pc_catid` of appointments that are booked online. Default `5`, an office visit. */
  readonly category?: number;
  /** A text column of the events table that nothing else writes, for our token; a column of the practice's own, or `pc_website`. Default none. */
  readonly token?: string;
  /** Minutes of a slot. Default 15, OpenEMR's own calendar interval. */
  readonly slotMinutes?: number;
}

/**
 * OpenEMR (and LibreHealth) on MySQL or MariaDB. Appointments, blockouts and office hours are rows of one table, told apart by category.
 *
 * Recurring events are kept as one row with a serialised rule, which no database can read: only their first occurrence is seen. Office
 * hours must therefore be single events, or come from another source; see docs/presets/open-emr.md.
 */
export function openEmr(options: OpenEmrOptions): ClinicSchema {
  const { inOffice = ['2'], unavailable = ['3', '4', '8', '11'], category = 5, token, slotMinutes = 15 } = options;
  const table = {
    table: 'openemr_postcalendar_events',
    id: 'pc_eid',
    practitioner: 'pc_aid',
    location: 'pc_facility',
    none: ['', '0'],
    start: { date: 'pc_eventDate', time: 'pc_startTime' },
    end: { length: 'pc_duration', in: 'seconds' },
  } as const;
  const status = {
    column: 'pc_apptstatus',
    classes: {
      '-': 'busy',
      '*': 'busy',
      '+': 'busy',
      '~': 'busy',
      '@': 'busy',
      '#': 'busy',
      '<': 'busy',
      '^': 'tentative',
      $: 'completed',
      '>': 'completed',
      '!': 'completed',
      '': 'busy',
      x: 'cancelled',
      '%': 'cancelled',
      '?': 'no-show',
      Deleted: 'cancelled',
    },
  } as const;
  return defineClinicSchema({
    ...placed(options),
    appointments: {
      ...table,
      only: { pc_catid: { not: [...inOffice, ...unavailable] } },
      status,
      booking: {
        ...(token !== undefined && { token }),
        patient: 'pc_pid',
        type: 'pc_title',
        reason: 'pc_hometext',
        values: { pc_catid: category, pc_apptstatus: '-', pc_eventstatus: 1, pc_sharing: 1 },
        derived: { pc_endDate: 'endDate', pc_endTime: 'endTime', pc_time: 'now' },
      },
      removal: { set: { pc_apptstatus: 'x' } },
    },
    blockouts: { ...table, only: { pc_catid: unavailable }, status },
    sessions: { ...table, only: { pc_catid: inOffice }, status, slotMinutes },
  });
}
