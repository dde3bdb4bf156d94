/** The practice's own program: its diary, and everything that a receptionist does to it. */
import { useEffect, useState } from 'hono/jsx/dom';

import type { DiaryEntry, Refused, Written } from '../desk.js';
import { madeUpName } from '../names.js';
import { desk, type Diary, type Practice } from './server.js';
import { Choice, DayChoice } from './choices.js';
import { clock, dayName } from './times.js';

const REFRESH_MS = 2_000;
let callers = 0;
const nextCaller = () => madeUpName(++callers * 5);

const REFUSED: Readonly<Record<Refused['refused'], string>> = {
  taken: 'The diary says no: that time is taken.',
  'no session': 'There is no session at that time.',
  gone: 'That appointment is not there any more.',
  full: 'No later time is free that day.',
};

interface Props {
  readonly practice: Practice;
  readonly practitioner: string;
  readonly day: string;
  onPractitioner(id: string): void;
  onDay(day: string): void;
  /** Changes whenever something has happened. */
  readonly version: unknown;
}

export function DeskPanel({ practice, practitioner, day, onPractitioner, onDay, version }: Props) {
  const of = `${practitioner} ${day}`;
  const [read, setRead] = useState<{ of: string; diary: Diary } | null>(null);
  const diary = read?.of === of ? read.diary : null;
  const [said, setSaid] = useState('');
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    let current = true;
    void desk.diary(practitioner, day).then((next) => {
      if (current) setRead({ of, diary: next });
    });
    return () => {
      current = false;
    };
  }, [practitioner, day, version, looks]);
  useEffect(() => {
    const timer = setInterval(() => setLooks((n) => n + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  const act = async (work: Promise<Written | Refused>) => {
    const answer = await work;
    setSaid('refused' in answer ? REFUSED[answer.refused] : sentence(answer));
    setLooks((n) => n + 1);
  };
  const place = (starts: string) => ({ practitioner: Number(practitioner), starts });

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
        <Choice label="Diary of" id="desk-practitioner" value={practitioner} onValue={onPractitioner}>
          {practice.practitioners}
        </Choice>
        <DayChoice label="Diary day" days={practice.days} day={day} onDay={onDay} />
      </div>
      <p class="said" role="status" data-testid="desk-said">
        {said}
      </p>
      <ol class="diary" aria-label={`Diary, ${dayName(day)}`}>
        {diary?.slots.map((slot) => {
          const there = diary.entries.filter((entry) => entry.starts < slot.ends && entry.ends > slot.starts);
          return (
            <DiaryRow
              key={slot.starts}
              starts={slot.starts}
              there={there}
              onBook={() => void act(desk.book({ ...place(slot.starts), patient: nextCaller() }))}
              onSqueeze={() => void act(desk.squeeze({ ...place(slot.starts), patient: nextCaller() }))}
              onCancel={(id) => void act(desk.cancel(id))}
              onMove={(id) => void act(desk.move(id))}
            />
          );
        })}
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

function sentence({ what, before, after }: Written): string {
  if (what === 'moved' && before && after) return `Moved from ${clock(before.starts)} to ${clock(after.starts)}.`;
  const place = after ?? before;
  const word = what.charAt(0).toUpperCase() + what.slice(1);
  return place ? `${word}: ${dayName(place.starts)}, ${clock(place.starts)}.` : '';
}
