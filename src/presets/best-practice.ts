import { defineClinicSchema, type ClinicSchema } from '../adapters/sql/index.js';
import { placed, type PresetOptions } from './options.js';

export type BestPracticeOptions = PresetOptions;

/**
 * Best Practice (Bp Premier) on SQL Server. **Unverified**: made from what third parties have published, never tried against a database of
 * the vendor's; names of columns may differ, and the roster's are guesses throughout. Reading only: ask the vendor how to book.
 */
export function bestPractice(options: BestPracticeOptions): ClinicSchema {
  const common = {
    id: 'RECORDID',
    practitioner: 'USERID',
    location: 'LOCATIONID',
    none: ['0'],
    only: { RECORDSTATUS: ['1'] },
  } as const;
  return defineClinicSchema({
    ...placed(options),
    appointments: {
      ...common,
      table: 'APPOINTMENTS',
      start: { date: 'APPOINTMENTDATE', seconds: 'APPOINTMENTTIME' },
      end: { length: 'APPOINTMENTLENGTH', in: 'seconds' },
    },
    blockouts: {
      away: {
        ...common,
        table: 'DAYSAWAY',
        start: { date: 'STARTDATE' },
        end: { date: 'ENDDATE', plusMinutes: 1440 },
      },
    },
    sessions: {
      weekly: {
        ...common,
        weekly: 'SESSIONS',
        weekday: 'DAYOFWEEK',
        weekdays: 'sunday-1',
        start: { seconds: 'STARTTIME' },
        end: { seconds: 'ENDTIME' },
        from: 'STARTDATE',
        until: 'ENDDATE',
        everyWeeks: 'CYCLE',
      },
      extra: {
        ...common,
        table: 'EXTRASESSIONS',
        start: { date: 'SESSIONDATE', seconds: 'STARTTIME' },
        end: { seconds: 'ENDTIME' },
      },
    },
  });
}
