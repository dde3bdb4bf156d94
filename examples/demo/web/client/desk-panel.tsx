/** The practice's own program: its diary, and everything that a receptionist does to it. */
import type { DiaryEntry } from '../desk.js';
import { Choice, DayChoice } from './choices.js';
import type { DeskModel } from './desk-model.js';
import type { Practice } from './server.js';
import { clock, dayName } from './times.js';

export function DeskPanel({ desk, practice }: { desk: DeskModel; practice: Practice }) {
  const { diary, practitioner, day, said } = desk;
  return (
    <section class="panel desk" id="desk" aria-labelledby="desk-title">
      <header>
        <p class="kicker">At the clinic</p>
        <h2 id="desk-title">Front desk</h2>
        <p class="about">
          The practice’s own program, writing straight into its database. It knows nothing of ClinicSync.
        </p>
      </header>
      <div class="choices">
        <Choice label="Diary of" id="desk-practitioner" value={practitioner} onValue={(id) => desk.open(id, day)}>
          {practice.practitioners}
        </Choice>
        <DayChoice label="Diary day" days={practice.days} day={day} onDay={(next) => desk.open(practitioner, next)} />
      </div>
      <p class="said" role="status" data-testid="desk-said">
        {said}
      </p>
      <ol class="diary" aria-label={`Diary, ${dayName(day)}`}>
        {(diary?.slots ?? []).map(({ starts, ends }) => (
          <DiaryRow
            key={starts}
            starts={starts}
            there={(diary?.entries ?? []).filter((entry) => entry.starts < ends && entry.ends > starts)}
            onBook={() => void desk.book(starts)}
            onSqueeze={() => void desk.squeeze(starts)}
            onCancel={(id) => void desk.cancel(id)}
            onMove={(id) => void desk.move(id)}
          />
        ))}
      </ol>
    </section>
  );
}

interface RowProps {
  readonly starts: string;
  readonly there: readonly DiaryEntry[];
  onBook(): void;
  onSqueeze(): void;
  onCancel(id: number): void;
  onMove(id: number): void;
}

function DiaryRow({ starts, there, onBook, onSqueeze, onCancel, onMove }: RowProps) {
  const time = clock(starts);
  const isLunch = time === '13:30';
  const kind = there.length > 1 ? 'double' : there.length === 1 ? 'busy' : 'free';
  return (
    <li class={`${kind}${isLunch ? ' after-lunch' : ''}`} data-time={time}>
      <time>{time}</time>
      <div class="who">
        {there.length === 0 ? <span class="free-mark">free</span> : null}
        {there.map((entry) => (
          <div class="entry" key={entry.id}>
            <span class="name">
              {entry.patient}
              {entry.isOnline ? <span class="badge">online</span> : null}
            </span>
            {entry.starts === starts ? (
              <span class="acts">
                <button
                  type="button"
                  class="small"
                  aria-label={`Move ${entry.patient}, ${time}`}
                  onClick={() => onMove(entry.id)}
                >
                  Move
                </button>
                <button
                  type="button"
                  class="small"
                  aria-label={`Cancel ${entry.patient}, ${time}`}
                  onClick={() => onCancel(entry.id)}
                >
                  Cancel
                </button>
              </span>
            ) : (
              <span class="quiet">continued</span>
            )}
          </div>
        ))}
      </div>
      {there.length === 0 ? (
        <button type="button" class="small primary" aria-label={`Book ${time} at the desk`} onClick={onBook}>
          Book
        </button>
      ) : (
        <button
          type="button"
          class="small"
          title="Book a second person at this time, as receptionists do"
          aria-label={`Squeeze somebody in at ${time}`}
          onClick={onSqueeze}
        >
          + 1
        </button>
      )}
    </li>
  );
}
