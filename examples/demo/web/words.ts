/** What happened, as the page says it. */
import type { ClinicEvent, ErrorCode, ResyncReason } from '../../../src/index.js';
import * as print from '../print.js';

export const NAMES: Readonly<Record<string, string>> = {
  1: 'Dr Amara Osei',
  2: 'Dr Lucy Tran',
  3: 'Dr Ben Marsh',
  4: 'Dr Priya Nair',
  5: 'Dr Tom Keane',
};

/** `Dr Osei` */
const shortNameOf = (practitioner: string | number) =>
  NAMES[practitioner]?.replace(/ .* /, ' ') ?? `Practitioner ${practitioner}`;

/** Whose doing it was. */
export type Side = 'desk' | 'online' | 'link';
export type Tone = 'plain' | 'good' | 'warning' | 'bad';

export interface Words {
  readonly side: Side;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

const REASON: Readonly<Record<ResyncReason, string>> = {
  'first-copy': 'nothing was copied yet',
  start: 'the backend was closed, and time has passed',
  crash: 'the backend ended without closing its copy',
  outage: 'the link was down',
  'mirror-corrupt': 'the copy was damaged',
  'mirror-failed': 'the copy could not be written',
  'identity-changed': 'another database answers',
  'clinic-restored': 'the clinic restored a backup',
  'mapping-changed': 'rows are read differently now',
  suspect: 'a mass change is looked at again',
  requested: 'it was asked for',
};

/** `code` of `connection.lost`, for people. */
const FAULT: Partial<Record<ErrorCode, string>> = {
  ClinicUnreachable: 'the database cannot be reached',
  ClinicTimeout: 'the database does not answer',
};

const link = (tone: Tone, title: string, detail = ''): Words => ({ side: 'link', tone, title, detail });

/** `null`: nothing that a person has to read. Rows have their own words: see {@link rowWords}. */
export function wordsOf(event: ClinicEvent): Words | null {
  switch (event.type) {
    case 'connection.established':
      return link('good', 'Connected to the clinic', `changes are noticed by ${event.capture}`);
    case 'connection.lost':
      return link('bad', 'Link lost', `${FAULT[event.code] ?? event.code}; online bookings are held`);
    case 'resync.started':
      if (event.reason === 'first-copy') return link('plain', 'First copy', REASON[event.reason]);
      return event.possibleConflict
        ? link(
            'warning',
            'Possible conflict',
            `${REASON[event.reason]}: the whole future is compared before anyone books`,
          )
        : link('plain', 'Comparing the whole future', REASON[event.reason]);
    case 'resync.completed': {
      const { created, deleted, replaced, rows, durationMs } = event;
      const figures = `${created - replaced} booked, ${deleted - replaced} cancelled, ${replaced} moved`;
      const size = `${print.count(rows)} rows compared in ${print.millis(durationMs)}`;
      return link('good', 'Resync settled', event.reason === 'first-copy' ? size : `${figures}; ${size}`);
    }
    case 'conflict.detected':
      return link(
        'bad',
        'Conflict',
        'an online booking and one of the desk’s share a time; the practice has to choose',
      );
    case 'request.settled':
      return {
        side: 'online',
        tone: event.outcome.result === 'booked' ? 'good' : 'warning',
        title: 'Doubt settled',
        detail: SETTLED[event.outcome.result],
      };
    case 'clinic.suspect':
      return link(
        'warning',
        'Mass change held',
        `${print.count(event.removing)} of ${print.count(event.of)} rows would go at once`,
      );
    case 'clinic.trusted':
      return link('good', 'Mass change let through');
    case 'capture.changed':
      return link('warning', 'Another way of noticing', `${event.from} → ${event.to}`);
    case 'clock.suspect':
      return link('warning', 'The clocks disagree', print.seconds(event.skewMs));
    case 'clock.trusted':
    case 'row.skipped':
    case 'status.unknown':
    case 'hold.placed':
    case 'hold.released':
      return link('plain', event.type);
    case 'appointment.created':
    case 'appointment.deleted':
    case 'session.created':
    case 'session.deleted':
    case 'snapshot.replaced':
    case 'window.advanced':
      return null;
  }
}

const SETTLED = {
  booked: 'the appointment is at the clinic',
  deleted: 'the appointment is gone from the clinic',
  refused: 'nothing was booked, and nothing will be',
  ambiguous: 'it cannot be told; somebody has to look',
} as const;

/** A row that came, went or moved. */
export function rowWords(side: Side, what: string, practitioner: string | number, start: number): Words {
  return { side, tone: 'plain', title: what, detail: `${print.moment(start)} · ${shortNameOf(practitioner)}` };
}
