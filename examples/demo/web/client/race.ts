/** Both sides want one time at the same moment. */
import type { OwnBooking } from './bookings.js';
import { standingOf } from './bookings.js';
import { api, desk, type ApiSlot } from './server.js';
import { clock, duration, toWall } from './times.js';

/** How far apart two people press who want to press at once; which of them is first is left to chance. */
const JITTER_MS = 12;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface RaceResult {
  readonly text: string;
  readonly booking: OwnBooking;
}

export async function race(slot: ApiSlot): Promise<RaceResult> {
  const starts = toWall(Date.parse(slot.start));
  const place = { practitioner: Number(slot.practitionerId), starts };
  const lead = (Math.random() * 2 - 1) * JITTER_MS;
  const key = crypto.randomUUID();
  const [atDesk, [online, tookMs]] = await Promise.all([
    desk.book({ ...place, patient: 'Race at the desk', afterMs: Math.max(0, lead) }),
    pause(Math.max(0, -lead)).then(async () => {
      const began = performance.now();
      return [await api.book(slot, 'Race online', key), performance.now() - began] as const;
    }),
  ]);
  const { appointments } = await desk.count(place);
  const patientWon = 'result' in online && online.result === 'booked';
  const deskWon = 'what' in atDesk;
  const first = `${lead > 0 ? 'The patient' : 'The desk'} pressed ${Math.abs(lead).toFixed(1)} ms earlier.`;
  const outcome =
    patientWon && deskWon
      ? 'Both were written in one moment: a conflict is told.'
      : patientWon
        ? 'The patient won; the desk’s program says taken.'
        : deskWon
          ? `The desk won; the patient was told ${'error' in online ? online.error.code : ''}.`
          : 'Nobody got it.';
  return {
    text: `${clock(starts)}: ${first} ${outcome} In the clinic’s table: ${appointments} ${appointments === 1 ? 'appointment' : 'appointments'} at that time.`,
    booking: { key, slot, ...standingOf(online, `after ${duration(tookMs)}`) },
  };
}
