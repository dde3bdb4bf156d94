/** The patient's own bookings, and what became of each: a function of what the backend answered and told since. */
import type { TimelineEntry } from '../timeline.js';
import type { ApiAnswer, ApiSlot } from './server.js';

export type Standing =
  'sending' | 'booked' | 'refused' | 'doubt' | 'cancelled' | 'cancelled by the practice' | 'moved' | 'conflict';

export interface OwnBooking {
  readonly key: string;
  readonly slot: ApiSlot;
  readonly standing: Standing;
  readonly said: string;
}

/** Why nothing was booked, for the person who wanted to. */
const REASONS: Readonly<Record<string, string>> = {
  SlotTaken: 'somebody else has just taken this time',
  NotLive: 'the clinic cannot be reached right now, and we do not promise what we cannot check',
  BookingsHeld: 'the practice has paused online bookings',
  SlotNotOffered: 'the practice no longer offers this time',
  SlotPast: 'this time has begun',
  NotMade: 'the clinic did not answer in time, and nothing will be booked',
};

export function standingOf(answer: ApiAnswer, tookMs: string): Pick<OwnBooking, 'standing' | 'said'> {
  if ('error' in answer) {
    const { code, message } = answer.error;
    if (code === 'InDoubt')
      return {
        standing: 'doubt',
        said: 'The link broke while we asked. We do not know yet whether the clinic has it, and will say so here.',
      };
    return { standing: 'refused', said: `Nothing was booked: ${REASONS[code] ?? message} (${code}).` };
  }
  if (answer.result === 'deleted') return { standing: 'cancelled', said: 'Cancelled. The time is free again.' };
  return {
    standing: 'booked',
    said: `In the practice’s own database ${tookMs}, as appointment ${answer.appointment?.id ?? ''}.`,
  };
}

/** What an event changes for a booking that it is about; `null`: nothing. */
export function changeBy({ type, side, title }: TimelineEntry, booking: OwnBooking): Partial<OwnBooking> | null {
  if (booking.standing === 'cancelled') return null;
  if (type === 'conflict.detected')
    return { standing: 'conflict', said: 'The desk put somebody else at this time, too. The practice will call you.' };
  if (side !== 'desk') return null;
  if (type === 'appointment.deleted')
    return { standing: 'cancelled by the practice', said: 'The practice has cancelled this appointment.' };
  if (type === 'appointment.created' && title.startsWith('Moved'))
    return { standing: 'moved', said: 'The practice has moved this appointment.' };
  return null;
}
