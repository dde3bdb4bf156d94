import { defineClinicSchema, type ClinicSchema } from '../adapters/sql/index.js';
import { placed, type PresetOptions } from './options.js';

export interface GnuHealthOptions extends PresetOptions {
  /** How long an appointment lasts that has no end. Default 30 minutes. */
  readonly minutes?: number;
  /** A text column of `gnuhealth_appointment` that nothing else writes, for our token. Default none. */
  readonly token?: string;
}

/**
 * GNU Health on Postgres. Times are UTC. A row whose state is `free` is an open slot, each as long as it is itself; an appointment of ours
 * is a row of its own over it.
 */
export function gnuHealth(options: GnuHealthOptions): ClinicSchema {
  const { minutes = 30, token } = options;
  const table = {
    table: 'gnuhealth_appointment',
    id: 'id',
    practitioner: 'healthprof',
    location: 'institution',
    start: 'appointment_date',
    end: { column: 'appointment_date_end', orMinutes: minutes },
    time: 'utc',
  } as const;
  const others = {
    confirmed: 'busy',
    checked_in: 'busy',
    done: 'completed',
    user_cancelled: 'cancelled',
    center_cancelled: 'cancelled',
    no_show: 'no-show',
  } as const;
  return defineClinicSchema({
    ...placed(options),
    appointments: {
      ...table,
      status: { column: 'state', classes: { ...others, free: 'free' } },
      booking: {
        ...(token !== undefined && { token }),
        patient: 'patient',
        type: 'appointment_type',
        reason: 'comments',
        values: { state: 'confirmed' },
      },
      removal: { set: { state: 'user_cancelled' } },
    },
    sessions: { ...table, only: { state: ['free'] }, oneSlot: true },
  });
}
