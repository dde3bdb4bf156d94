/** A patient who books through ClinicSync. */
import { BookingForm } from './booking-form.js';
import { Choice, DayChoice } from './choices.js';
import type { LiveModel } from './live-model.js';
import type { Model } from './model.js';
import { OwnBookings } from './own-bookings.js';
import type { Availability } from './server.js';
import { clock, dayName, stamp } from './times.js';

export function PatientPanel({ model }: { model: Model }) {
  const { practice, patient, live } = model;
  const { practitioner, day, answer, free, gone, chosen, bookings } = patient;
  const all = [...free, ...gone].sort((a, b) => a.start.localeCompare(b.start));
  return (
    <section class="panel patient" id="patient" aria-labelledby="patient-title">
      <header>
        <p class="kicker">On the internet</p>
        <h2 id="patient-title">Book online</h2>
        <p class="about">A patient, through the booking backend, which answers from ClinicSync’s copy.</p>
      </header>
      <div class="choices">
        <Choice
          label="Practitioner"
          id="patient-practitioner"
          value={practitioner}
          onValue={(id) => model.show(id, day)}
        >
          {practice.practitioners}
        </Choice>
        <DayChoice label="Day" days={practice.days} day={day} onDay={(next) => model.show(practitioner, next)} />
      </div>
      <p class={`freshness ${answer?.freshness ?? ''}`} role="status" data-testid="freshness">
        {freshnessText(live, answer)}
      </p>
      <ul class="slots" aria-label={`Free times, ${dayName(day)}`}>
        {all.map((slot) => {
          const time = clock(Date.parse(slot.start));
          return (
            <li key={slot.start}>
              {free.some(({ start }) => start === slot.start) ? (
                <button
                  type="button"
                  class="slot"
                  aria-pressed={chosen?.start === slot.start ? 'true' : 'false'}
                  onClick={() => patient.choose(slot)}
                >
                  {time}
                </button>
              ) : (
                <GoneSlot time={time} isOwn={patient.holds(slot)} />
              )}
            </li>
          );
        })}
      </ul>
      {answer && all.length === 0 ? <p class="quiet">No free time on this day.</p> : null}
      {chosen ? <BookingForm key={`${chosen.practitionerId} ${chosen.start}`} slot={chosen} model={model} /> : null}
      <OwnBookings bookings={bookings} practice={practice} onCancel={(key) => void patient.cancel(key)} />
    </section>
  );
}

function GoneSlot({ time, isOwn }: { time: string; isOwn: boolean }) {
  return isOwn ? (
    <span class="slot mine">
      {time} <span>yours</span>
    </span>
  ) : (
    <span class="slot gone">
      <s>{time}</s> <span>taken</span>
    </span>
  );
}

function freshnessText({ state }: LiveModel, answer: Availability | null): string {
  if (!answer) return 'Looking …';
  if (answer.freshness === 'live') return 'Live: as the clinic’s own diary stands.';
  const at = state?.status.verifiedAt ?? null;
  return `From our copy, last checked ${at === null ? 'never' : `at ${stamp(at)}`}: the clinic cannot be reached, so times may be gone.`;
}
