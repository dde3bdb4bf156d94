import { defineClinicSchema, type ClinicSchema } from '../adapters/sql/index.js';
import { placed, type PresetOptions } from './options.js';

export interface OpenDentalOptions extends PresetOptions {
  /** `OperatoryNum` of the chair that online bookings are put on: without one Open Dental shows them nowhere. */
  readonly operatory?: number;
  /** A text column of `appointment` that nothing else writes, for our token. Default none. */
  readonly token?: string;
  /** Minutes of a slot. Default 30. */
  readonly slotMinutes?: number;
}

/**
 * Open Dental on MySQL or MariaDB. A dentist and a hygienist can share a row, lengths are as many characters as five-minute units, and
 * blockouts and holidays are rows of `schedule`, as are the hours of providers.
 */
export function openDental(options: OpenDentalOptions): ClinicSchema {
  const { operatory, token, slotMinutes = 30 } = options;
  const schedule = {
    table: 'schedule',
    id: 'ScheduleNum',
    practitioner: 'ProvNum',
    location: 'ClinicNum',
    none: ['0'],
    start: { date: 'SchedDate', time: 'StartTime' },
    end: { time: 'StopTime' },
  } as const;
  return defineClinicSchema({
    ...placed(options),
    appointments: {
      table: 'appointment',
      id: 'AptNum',
      practitioner: ['ProvNum', 'ProvHyg'],
      location: 'ClinicNum',
      none: ['0'],
      start: 'AptDateTime',
      end: { length: 'Pattern', in: 'characters', unitMinutes: 5, character: 'X' },
      time: 'wall',
      status: {
        column: 'AptStatus',
        classes: {
          '1': 'busy',
          '2': 'completed',
          '3': 'not-a-booking',
          '4': 'busy',
          '5': 'no-show',
          '6': 'not-a-booking',
          '7': 'not-a-booking',
          '8': 'not-a-booking',
        },
      },
      booking: {
        ...(token !== undefined && { token }),
        patient: 'PatNum',
        reason: 'Note',
        values: { AptStatus: 1, ...(operatory !== undefined && { Op: operatory }) },
      },
      // Onto the unscheduled list, as a patient who cancels in time is.
      removal: { set: { AptStatus: 3 } },
    },
    blockouts: {
      blockouts: { ...schedule, whenNone: 'everyone', only: { SchedType: ['2'] } },
      holidays: {
        ...schedule,
        whenNone: 'everyone',
        start: { date: 'SchedDate' },
        end: { date: 'SchedDate', plusMinutes: 1440 },
        only: { SchedType: ['0'], Status: ['2'] },
      },
    },
    sessions: { ...schedule, only: { SchedType: ['1'] }, slotMinutes },
  });
}
