/** A patient who books through ClinicSync. */
import { useEffect, useState } from 'hono/jsx/dom';

import { BookingForm } from './booking-form.js';
import { changeBy, standingOf, type OwnBooking } from './bookings.js';
import { Choice, DayChoice } from './choices.js';
import { OwnBookings } from './own-bookings.js';
import { api, type ApiSlot, type Availability, type Practice } from './server.js';
import { clock, dayName, duration, stamp } from './times.js';
import type { Live } from './use-live.js';

const GONE_SHOWN_MS = 6_000;

interface Props {
  readonly practice: Practice;
  readonly live: Live;
  readonly practitioner: string;
  readonly day: string;
  readonly chosen: ApiSlot | null;
  readonly bookings: readonly OwnBooking[];
  onPractitioner(id: string): void;
  onDay(day: string): void;
  onChosen(slot: ApiSlot | null): void;
  onFree(slots: readonly ApiSlot[]): void;
  setBookings(change: (before: readonly OwnBooking[]) => readonly OwnBooking[]): void;
}

const sameStart = (a: ApiSlot) => (b: ApiSlot) => a.start === b.start && a.practitionerId === b.practitionerId;

interface Shown {
  readonly of: string;
  readonly answer: Availability | null;
  /** Those that went a moment ago. */
  readonly gone: readonly ApiSlot[];
}

const without = (slots: readonly ApiSlot[], others: readonly ApiSlot[]) =>
  slots.filter((slot) => !others.some(sameStart(slot)));

/** The free times of a day, and those that went while they were looked at. */
function useFree(practitioner: string, day: string, version: unknown): Omit<Shown, 'of'> {
  const of = `${practitioner} ${day}`;
  const [shown, setShown] = useState<Shown>({ of, answer: null, gone: [] });
  useEffect(() => {
    let current = true;
    void api.availability(practitioner, day).then((answer) => {
      if (!current || !('slots' in answer)) return;
      setShown((before) => {
        if (before.of !== of) return { of, answer, gone: [] };
        const went = without(before.answer?.slots ?? [], answer.slots);
        if (went.length > 0) {
          setTimeout(() => setShown((now) => ({ ...now, gone: without(now.gone, went) })), GONE_SHOWN_MS);
        }
        return { of, answer, gone: [...without(before.gone, answer.slots), ...went] };
      });
    });
    return () => {
      current = false;
    };
  }, [practitioner, day, version]);
  return shown.of === of ? shown : { answer: null, gone: [] };
}

export function PatientPanel(props: Props) {
  const { practice, live, practitioner, day, chosen, bookings, onPractitioner, onDay, onChosen, onFree, setBookings } =
    props;
  const phase = live.state?.status.phase;
  const newest = live.entries[0];
  const { answer, gone } = useFree(practitioner, day, `${phase} ${newest?.n} ${newest?.told}`);
  const free = answer?.slots ?? [];
  useEffect(() => onFree(free), [answer]);

  // What the practice did to bookings of this patient's.
  const about = live.entries.find(
    ({ bookingId }) => bookingId !== null && bookings.some(({ key }) => key === bookingId),
  );
  useEffect(() => {
    if (!about) return;
    if (about.type === 'request.settled' && about.bookingId !== null) {
      const key = about.bookingId;
      void api.outcome(key).then((outcome) => setBookings(replace(key, () => standingOf(outcome, 'after all'))));
      return;
    }
    setBookings(replace(about.bookingId ?? '', (booking) => changeBy(about, booking) ?? {}));
  }, [about?.n, about?.type, about?.told]);

  const book = async (slot: ApiSlot, patient: string) => {
    const key = crypto.randomUUID();
    setBookings((before) => [{ key, slot, standing: 'sending', said: 'Asking the clinic …' }, ...before]);
    const began = performance.now();
    const said = await api.book(slot, patient, key);
    const standing = standingOf(said, `after ${duration(performance.now() - began)}`);
    setBookings(replace(key, () => standing));
    if (standing.standing !== 'refused') onChosen(null);
    document.getElementById(`booking-${key}`)?.focus();
  };
  const cancel = async (key: string) => {
    const said = await api.cancel(key);
    setBookings(
      replace(key, () => ('error' in said ? { said: `Not cancelled: ${said.error.message}` } : standingOf(said, ''))),
    );
  };

  const all = [...free, ...gone].sort((a, b) => a.start.localeCompare(b.start));
  return (
    <section class="panel patient" id="patient" aria-labelledby="patient-title">
      <header>
        <p class="kicker">On the internet</p>
        <h2 id="patient-title">Book online</h2>
        <p class="about">A patient, through the booking backend, which answers from ClinicSync’s copy.</p>
      </header>
      <div class="choices">
        <Choice label="Practitioner" id="patient-practitioner" value={practitioner} onValue={onPractitioner}>
          {practice.practitioners}
        </Choice>
        <DayChoice label="Day" days={practice.days} day={day} onDay={onDay} />
      </div>
      <p class={`freshness ${answer?.freshness ?? ''}`} role="status" data-testid="freshness">
        {freshnessText(live, answer)}
      </p>
      <ul class="slots" aria-label={`Free times, ${dayName(day)}`}>
        {all.map((slot) => {
          const time = clock(Date.parse(slot.start));
          return (
            <li key={slot.start}>
              {free.some(sameStart(slot)) ? (
                <button
                  type="button"
                  class="slot"
                  aria-pressed={chosen?.start === slot.start ? 'true' : 'false'}
                  onClick={() => onChosen(slot)}
                >
                  {time}
                </button>
              ) : (
                <span class="slot gone">
                  <s>{time}</s>
                  <span>taken</span>
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {answer && all.length === 0 ? <p class="quiet">No free time on this day.</p> : null}
      {chosen ? (
        <BookingForm
          key={`${chosen.practitionerId} ${chosen.start}`}
          slot={chosen}
          live={live}
          free={free}
          practice={practice}
          onBook={book}
          onChosen={onChosen}
        />
      ) : null}
      <OwnBookings bookings={bookings} practice={practice} onCancel={(key) => void cancel(key)} />
    </section>
  );
}

function replace(key: string, change: (booking: OwnBooking) => Partial<OwnBooking>) {
  return (before: readonly OwnBooking[]) =>
    before.map((booking) => (booking.key === key ? { ...booking, ...change(booking) } : booking));
}

function freshnessText({ state }: Live, answer: Availability | null): string {
  if (!answer) return 'Looking …';
  if (answer.freshness === 'live') return 'Live: as the clinic’s own diary stands.';
  const at = state?.status.verifiedAt ?? null;
  return `From our copy, last checked ${at === null ? 'never' : `at ${stamp(at)}`}: the clinic cannot be reached, so times may be gone.`;
}
