/** A patient who books through ClinicSync. */
import { useEffect, useRef, useState } from 'hono/jsx/dom';

import { BookingForm } from './booking-form.js';
import { changeBy, standingOf, type OwnBooking } from './bookings.js';
import { Choice, DayChoice } from './choices.js';
import { OwnBookings } from './own-bookings.js';
import { api, type ApiSlot, type Availability, type Practice } from './server.js';
import { clock, duration, stamp } from './times.js';
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

/** The free times of a day, those that went a moment ago with them. */
function useFree(practitioner: string, day: string, version: unknown) {
  const [answer, setAnswer] = useState<Availability | null>(null);
  const [gone, setGone] = useState<readonly ApiSlot[]>([]);
  const shown = useRef<{ of: string; slots: readonly ApiSlot[] }>({ of: '', slots: [] });
  useEffect(() => {
    let current = true;
    void api.availability(practitioner, day).then((next) => {
      if (!current || !('slots' in next)) return;
      const of = `${practitioner} ${day}`;
      const before = shown.current?.of === of ? shown.current.slots : [];
      const went = before.filter((slot) => !next.slots.some(sameStart(slot)));
      shown.current = { of, slots: next.slots };
      setAnswer(next);
      setGone((known) =>
        before.length === 0 ? [] : [...known.filter((slot) => !next.slots.some(sameStart(slot))), ...went],
      );
      if (went.length > 0) {
        setTimeout(() => setGone((known) => known.filter((slot) => !went.some(sameStart(slot)))), GONE_SHOWN_MS);
      }
    });
    return () => {
      current = false;
    };
  }, [practitioner, day, version]);
  return { answer, gone };
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
      <ul class="slots" aria-label="Free times">
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
  if (answer.freshness === 'live') return 'Live: exactly what the clinic’s diary says now.';
  const at = state?.status.verifiedAt ?? null;
  return `From our copy, last checked ${at === null ? 'never' : `at ${stamp(at)}`}: the clinic cannot be reached, so times may be gone.`;
}
