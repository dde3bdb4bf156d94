import { defineClinicSchema, type ClinicSchema } from '../adapters/sql/index.js';
import { placed, type PresetOptions } from './options.js';

export interface OscarOptions extends PresetOptions {
  /** Characters of templates that may be booked online. Default all that are not `_` or a space. */
  readonly open?: string;
  /** A text column of `appointment` for our token. Default `remarks`, which reception does not fill by itself. */
  readonly token?: string;
  /** What `creator` says of a booking of ours. Default `online`. */
  readonly creator?: string;
}

/** Statuses that take time: to do, day sheet printed, here, picked, empty room, billed. A second letter (signed, verified) does not count. */
const BUSY = { t: 'busy', T: 'busy', H: 'busy', P: 'busy', E: 'busy', B: 'completed' } as const;

/**
 * OSCAR EMR on MySQL or MariaDB. The last minute of an appointment counts (09:00 to 09:14), statuses are compared to the letter, and the
 * roster is one template of characters for each day.
 */
export function oscar(options: OscarOptions): ClinicSchema {
  const { open, token = 'remarks', creator = 'online' } = options;
  return defineClinicSchema({
    ...placed(options),
    appointments: {
      table: 'appointment',
      id: 'appointment_no',
      practitioner: 'provider_no',
      none: [''],
      start: { date: 'appointment_date', time: 'start_time' },
      end: { time: 'end_time', plusMinutes: 1 },
      status: { column: 'status', characters: 1, classes: { ...BUSY, C: 'cancelled', N: 'no-show' } },
      booking: {
        token,
        patient: 'demographic_no',
        type: 'type',
        reason: 'reason',
        values: { status: 't', creator, name: '' },
        derived: { createdatetime: 'now', updatedatetime: 'now' },
      },
      removal: { set: { status: 'C' } },
    },
    sessions: {
      days: {
        table: 'scheduledate',
        id: 'id',
        practitioner: 'provider_no',
        date: 'sdate',
        template: 'hour',
        only: { status: ['A'] },
      },
      template: {
        table: 'scheduletemplate',
        name: 'name',
        code: 'timecode',
        owner: 'provider_no',
        public: ['Public'],
      },
      ...(open !== undefined && { open }),
    },
  });
}
