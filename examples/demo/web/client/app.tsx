import { useEffect, useState } from 'hono/jsx/dom';

import type { OwnBooking } from './bookings.js';
import { DeskPanel } from './desk-panel.js';
import { LinkPanel } from './link-panel.js';
import { PatientPanel } from './patient-panel.js';
import { race } from './race.js';
import { throwSwitch, type ApiSlot, type Practice } from './server.js';
import { clock } from './times.js';
import { useLive } from './use-live.js';

export function App({ practice }: { practice: Practice }) {
  const live = useLive();
  const [firstPractitioner, firstDay] = [practice.practitioners[0]?.id ?? '', practice.days[0] ?? ''];
  const [deskOf, setDeskOf] = useState(firstPractitioner);
  const [deskDay, setDeskDay] = useState(firstDay);
  const [practitioner, setPractitioner] = useState(firstPractitioner);
  const [day, setDay] = useState(firstDay);
  const [chosen, setChosen] = useState<ApiSlot | null>(null);
  const [free, setFree] = useState<readonly ApiSlot[]>([]);
  const [bookings, setBookings] = useState<readonly OwnBooking[]>([]);
  const [raced, setRaced] = useState('');
  const [racing, setRacing] = useState(false);
  const prize = chosen ?? free[0] ?? null;

  // The desk opens the diary that the patient looks at, until it turns a page itself.
  useEffect(() => {
    setDeskOf(practitioner);
    setDeskDay(day);
  }, [practitioner, day]);

  const startRace = async () => {
    if (!prize) return;
    setRacing(true);
    setChosen(null);
    const { text, booking } = await race(prize);
    setRaced(text);
    setBookings((before) => [booking, ...before]);
    setRacing(false);
  };
  const { phase } = live.state?.status ?? { phase: 'idle' };

  return (
    <>
      <nav class="jump" aria-label="Parts of the page">
        <a href="#desk">Front desk</a>
        <a href="#link" class={phase}>
          Link: {live.heard ? phase : 'page not connected'}
        </a>
        <a href="#patient">Patient</a>
      </nav>
      {live.heard ? null : (
        <p class="lost" role="alert">
          This page has lost its own server. Start it again with <code>npm run demo -- --web</code>; the page comes back
          by itself.
        </p>
      )}
      <div class="stage">
        <DeskPanel
          practice={practice}
          practitioner={deskOf}
          day={deskDay}
          onPractitioner={setDeskOf}
          onDay={setDeskDay}
          version={`${live.entries[0]?.n} ${live.entries[0]?.told}`}
        />
        <LinkPanel
          practice={practice}
          live={live}
          race={raced}
          racing={racing}
          prize={prize && clock(Date.parse(prize.start))}
          onSwitch={(cut) => void throwSwitch(cut)}
          onRace={() => void startRace()}
        />
        <PatientPanel
          practice={practice}
          live={live}
          practitioner={practitioner}
          day={day}
          chosen={chosen}
          bookings={bookings}
          onPractitioner={(id) => {
            setPractitioner(id);
            setChosen(null);
          }}
          onDay={(next) => {
            setDay(next);
            setChosen(null);
          }}
          onChosen={setChosen}
          onFree={setFree}
          setBookings={setBookings}
        />
      </div>
    </>
  );
}
