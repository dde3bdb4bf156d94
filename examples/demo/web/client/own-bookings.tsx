import type { OwnBooking, Standing } from './bookings.js';
import type { Practice } from './server.js';
import { clock, dayName, toWall } from './times.js';

const TONE: Readonly<Record<Standing, string>> = {
  sending: 'plain',
  booked: 'good',
  refused: 'bad',
  doubt: 'warning',
  cancelled: 'plain',
  'cancelled by the practice': 'bad',
  moved: 'warning',
  conflict: 'bad',
};

interface Props {
  readonly bookings: readonly OwnBooking[];
  readonly practice: Practice;
  onCancel(key: string): void;
}

export function OwnBookings({ bookings, practice, onCancel }: Props) {
  const name = (id: string) => practice.practitioners.find((each) => each.id === id)?.name ?? id;
  return (
    <div class="own">
      <h3 id="own-title">Your bookings</h3>
      {bookings.length === 0 ? <p class="quiet">None yet. Choose a time above.</p> : null}
      <ol aria-labelledby="own-title" aria-live="polite">
        {bookings.map(({ key, slot, standing, said }) => {
          const wall = toWall(Date.parse(slot.start));
          return (
            <li key={key} id={`booking-${key}`} class={TONE[standing]} tabindex={-1} data-standing={standing}>
              <div>
                <strong>
                  {dayName(wall)}, {clock(wall)}
                </strong>{' '}
                · {name(slot.practitionerId)}
                <span class="standing">{standing === 'doubt' ? 'not known yet' : standing}</span>
              </div>
              <p>{said}</p>
              {standing === 'booked' || standing === 'conflict' ? (
                <button
                  type="button"
                  class="small"
                  aria-label={`Cancel your booking at ${clock(wall)}`}
                  onClick={() => onCancel(key)}
                >
                  Cancel
                </button>
              ) : null}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
