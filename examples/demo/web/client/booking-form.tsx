import type { LiveModel } from './live-model.js';
import type { Model } from './model.js';
import type { PatientModel } from './patient-model.js';
import type { ApiSlot, SlotState } from './server.js';
import { clock, dayName, toWall } from './times.js';

const ALTERNATIVES = 3;

/** The form for one slot, which is watched while it is open. */
export function BookingForm({ slot, model }: { slot: ApiSlot; model: Model }) {
  const { patient, practice, live } = model;
  const { watched, sending } = patient;
  const wall = toWall(Date.parse(slot.start));
  const isGone = watched !== null && watched.state !== 'available' && !sending;
  const submit = (event: Event) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get('patient');
    void patient.book(slot, typeof name === 'string' ? name.trim() : '');
  };

  return (
    <form class={`form${isGone ? ' is-gone' : ''}`} aria-labelledby="form-title" onSubmit={submit}>
      <h3 id="form-title">
        {dayName(wall)}, <b>{clock(wall)}</b> with{' '}
        {practice.practitioners.find(({ id }) => id === slot.practitionerId)?.name}
      </h3>
      <p class="watch" role={isGone ? 'alert' : 'status'} data-testid="watch">
        {watched ? watchText(watched, live, slot, wall) : 'Looking at this time …'}
      </p>
      {isGone ? (
        <Alternatives patient={patient} slot={slot} />
      ) : (
        <label class="field">
          <span>Your name</span>
          <input
            id="patient-name"
            name="patient"
            autocomplete="name"
            required
            maxLength={80}
            placeholder="First and last name"
          />
        </label>
      )}
      <div class="buttons">
        {isGone ? null : (
          <button type="submit" class="primary" disabled={sending}>
            {sending ? 'Asking the clinic …' : 'Book this time'}
          </button>
        )}
        <button type="button" onClick={() => patient.close()}>
          Close
        </button>
      </div>
    </form>
  );
}

function watchText({ state, freshness }: SlotState, { entries }: LiveModel, slot: ApiSlot, wall: string): string {
  if (state === 'taken') {
    const taker = entries.find(({ takes }) => takes?.starts === wall && takes.practitioner === slot.practitionerId);
    const where = taker ? (taker.side === 'desk' ? ' at the front desk' : ' by somebody online') : '';
    return `Just taken${where}, while this form was open. Nothing has been booked.`;
  }
  if (state !== 'available') return 'The practice no longer offers this time. Nothing has been booked.';
  return freshness === 'live'
    ? 'Free, and watched while you fill this in.'
    : 'Free when we last looked. The clinic cannot be reached now, so it cannot be booked for the moment.';
}

function Alternatives({ patient, slot }: { patient: PatientModel; slot: ApiSlot }) {
  const { free } = patient;
  const later = free.filter(({ start }) => start > slot.start);
  const near = (later.length > 0 ? later : free).slice(0, ALTERNATIVES);
  return near.length === 0 ? null : (
    <p class="alternatives">
      <span>Still free:</span>
      {near.map((each) => (
        <button type="button" key={each.start} onClick={() => patient.choose(each)}>
          {clock(Date.parse(each.start))}
        </button>
      ))}
    </p>
  );
}
