import { useEffect, useRef, useState } from 'hono/jsx/dom';

import { api, type ApiSlot, type Practice, type SlotState } from './server.js';
import { clock, dayName, toWall } from './times.js';
import type { Live } from './use-live.js';

interface Props {
  readonly slot: ApiSlot;
  readonly live: Live;
  readonly free: readonly ApiSlot[];
  readonly practice: Practice;
  onBook(slot: ApiSlot, patient: string): Promise<void>;
  onChosen(slot: ApiSlot | null): void;
}

const ALTERNATIVES = 3;

/** The form for one slot, which is watched while it is open. */
export function BookingForm({ slot, live, free, practice, onBook, onChosen }: Props) {
  const [watched, setWatched] = useState<SlotState | null>(null);
  const [sending, setSending] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  useEffect(() => api.watch(slot, (state) => setWatched(state)), []);
  useEffect(() => name.current?.focus(), []);

  const wall = toWall(Date.parse(slot.start));
  const isGone = watched !== null && watched.state !== 'available' && !sending;
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    await onBook(slot, name.current?.value.trim() ?? '');
    setSending(false);
  };

  return (
    <form
      class={`form${isGone ? ' is-gone' : ''}`}
      aria-labelledby="form-title"
      onSubmit={(event: Event) => void submit(event)}
    >
      <h3 id="form-title">
        {dayName(wall)}, <b>{clock(wall)}</b> with{' '}
        {practice.practitioners.find(({ id }) => id === slot.practitionerId)?.name}
      </h3>
      <p class="watch" role={isGone ? 'alert' : 'status'} data-testid="watch">
        {watched ? watchText(watched, live, slot, wall) : 'Looking at this time …'}
      </p>
      {isGone ? (
        <Alternatives free={free} slot={slot} onChosen={onChosen} />
      ) : (
        <label class="field">
          <span>Your name</span>
          <input
            ref={name}
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
        <button type="button" onClick={() => onChosen(null)}>
          Close
        </button>
      </div>
    </form>
  );
}

function watchText({ state, freshness }: SlotState, { entries }: Live, slot: ApiSlot, wall: string): string {
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

function Alternatives({ free, slot, onChosen }: Pick<Props, 'free' | 'slot' | 'onChosen'>) {
  const later = free.filter(({ start }) => start > slot.start);
  const near = (later.length > 0 ? later : free).slice(0, ALTERNATIVES);
  return near.length === 0 ? null : (
    <p class="alternatives">
      <span>Still free:</span>
      {near.map((each) => (
        <button type="button" key={each.start} onClick={() => onChosen(each)}>
          {clock(Date.parse(each.start))}
        </button>
      ))}
    </p>
  );
}
