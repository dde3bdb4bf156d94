import type { TimelineEntry } from '../timeline.js';
import { changeBy, standingOf, type OwnBooking } from './bookings.js';
import { focusSoon } from './focus.js';
import { api, type ApiSlot, type Availability, type SlotState } from './server.js';
import { duration } from './times.js';

const GONE_SHOWN_MS = 6_000;

const sameStart = (a: ApiSlot) => (b: ApiSlot) => a.start === b.start;
const without = (slots: readonly ApiSlot[], others: readonly ApiSlot[]) =>
  slots.filter((slot) => !others.some(sameStart(slot)));

/** What a patient online sees and does. */
export class PatientModel {
  /** Of the day that is shown; `null` until it has been asked for. */
  answer: Availability | null = null;
  /** Times that went while they were looked at, for a moment. */
  gone: readonly ApiSlot[] = [];
  /** The time that the form is open for, what it is now, and whether it is being booked. */
  chosen: ApiSlot | null = null;
  watched: SlotState | null = null;
  sending = false;
  bookings: readonly OwnBooking[] = [];
  private asks = 0;
  private unwatch: () => void = () => undefined;

  constructor(
    private readonly draw: () => void,
    public practitioner: string,
    public day: string,
  ) {}

  get free(): readonly ApiSlot[] {
    return this.answer?.slots ?? [];
  }

  show(practitioner: string, day: string): void {
    this.practitioner = practitioner;
    this.day = day;
    this.answer = null;
    this.gone = [];
    this.close();
    void this.look();
  }

  async look(): Promise<void> {
    const nth = ++this.asks;
    const answer = await api.availability(this.practitioner, this.day).catch(() => null);
    if (nth !== this.asks || !answer || !('slots' in answer)) return;
    const went = without(this.free, answer.slots);
    this.answer = answer;
    this.gone = [...without(this.gone, answer.slots), ...went];
    this.draw();
    if (went.length === 0) return;
    setTimeout(() => {
      this.gone = without(this.gone, went);
      this.draw();
    }, GONE_SHOWN_MS);
  }

  /** Opens the form for a time, which is watched until it is closed. */
  choose(slot: ApiSlot): void {
    this.unwatch();
    this.chosen = slot;
    this.watched = null;
    this.unwatch = api.watch(slot, (state) => {
      this.watched = state;
      this.draw();
    });
    this.draw();
    focusSoon('patient-name');
  }

  close(): void {
    this.unwatch();
    this.chosen = null;
    this.draw();
  }

  async book(slot: ApiSlot, patient: string): Promise<void> {
    const key = crypto.randomUUID();
    this.add({ key, slot, standing: 'sending', said: 'Asking the clinic …' });
    this.sending = true;
    this.draw();
    const began = performance.now();
    const answer = await api.book(slot, patient, key);
    this.sending = false;
    const standing = standingOf(answer, `after ${duration(performance.now() - began)}`);
    this.change(key, () => standing);
    if (standing.standing !== 'refused') this.close();
    focusSoon(`booking-${key}`);
  }

  async cancel(key: string): Promise<void> {
    const answer = await api.cancel(key);
    this.change(key, () =>
      'error' in answer ? { said: `Not cancelled: ${answer.error.message}` } : standingOf(answer, ''),
    );
    focusSoon(`booking-${key}`);
  }

  add(booking: OwnBooking): void {
    this.bookings = [booking, ...this.bookings];
    this.draw();
  }

  /** Whether this patient has booked it, or is about to. */
  holds(slot: ApiSlot): boolean {
    const standing = this.bookings.find((booking) => booking.slot.start === slot.start)?.standing;
    return standing === 'booked' || standing === 'sending' || standing === 'doubt';
  }

  /** What an event changes for the booking that it is about. */
  async heard(entry: TimelineEntry): Promise<void> {
    const { bookingId, type } = entry;
    if (bookingId === null || !this.bookings.some(({ key }) => key === bookingId)) return;
    if (type === 'request.settled') {
      const outcome = await api.outcome(bookingId);
      this.change(bookingId, () => standingOf(outcome, 'after all'));
      return;
    }
    this.change(bookingId, (booking) => changeBy(entry, booking) ?? {});
  }

  private change(key: string, by: (booking: OwnBooking) => Partial<OwnBooking>): void {
    this.bookings = this.bookings.map((booking) => (booking.key === key ? { ...booking, ...by(booking) } : booking));
    this.draw();
  }
}
