import { Hono, type Context } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { interval, map, merge, startWith, type Observable } from 'rxjs';

import { backend } from '../../backend/app.js';
import { sendAll } from '../../backend/server-sent.js';
import { clinicDay, weekday, ZONE } from '../clinic-time.js';
import type { Assets } from './assets.js';
import { CLINIC_ID, type Scene } from './scene.js';
import { NAMES } from './words.js';

/** How often the page hears how fresh the copy is. */
const TICK_MS = 1_000;
const DAYS = 10;

/** The page's routes: the desk's, the link's, and the backend's beneath `/api`. */
export function routes(scene: Scene, { page, style, script }: Assets): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], imgSrc: ["'self'", 'data:'], baseUri: ["'none'"] },
    }),
  );
  app.get('/', (c) => c.html(page));
  app.get('/app.css', (c) => c.body(style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/app.js', (c) => c.body(script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/practice', (c) =>
    c.json({
      clinicId: CLINIC_ID,
      zone: ZONE,
      described: scene.clinic.described,
      pulled: scene.clinic.cable.pulled,
      practitioners: Object.entries(NAMES).map(([id, name]) => ({ id, name })),
      days: openDays(),
    }),
  );
  app.get('/live', (c) =>
    sendAll(
      c,
      () => live(scene),
      (message) => message,
    ),
  );
  app.post('/link', async (c) => {
    const { cut } = await c.req.json<{ cut: boolean }>();
    await scene.throwSwitch(cut);
    return c.json({ cut });
  });
  app.route('/desk', deskRoutes(scene));
  app.route('/api', backend({ clinics: new Map([[CLINIC_ID, scene.sync]]) }));
  return app;
}

function deskRoutes(scene: Scene): Hono {
  const placeOf = (c: Context) => ({
    practitioner: Number(c.req.query('practitioner')),
    starts: c.req.query('starts') ?? '',
  });
  const app = new Hono();
  app.get('/diary', async (c) => {
    const { practitioner } = placeOf(c);
    return c.json(await scene.diary(practitioner, c.req.query('day') ?? ''));
  });
  app.get('/count', async (c) => c.json({ appointments: await scene.count(placeOf(c)) }));
  app.post('/:what{book|squeeze|cancel|move}', async (c) => {
    const answer = await scene.write(c.req.param('what') as 'book', await c.req.json());
    return c.json(answer, 'refused' in answer ? 409 : 200);
  });
  return app;
}

/** Days on which the practice is open; it is closed today, see `makePractice`. */
function openDays(): string[] {
  const days: string[] = [];
  for (let n = 1; days.length < DAYS; n++) {
    const day = clinicDay(n);
    if (weekday(day) !== 0) days.push(day);
  }
  return days;
}

/** How things are, whenever that changes and each second; and the timeline, from its beginning. */
function live({ sync, cut$, timeline }: Scene): Observable<{ event: string; data: string }> {
  const state = merge(sync.status$, cut$, interval(TICK_MS)).pipe(
    map(() => ({ event: 'state', data: JSON.stringify({ cut: cut$.value, now: Date.now(), status: sync.status }) })),
  );
  const entries = timeline.entries$.pipe(map((entry) => ({ event: 'entry', data: JSON.stringify(entry) })));
  return merge(state, entries).pipe(startWith({ event: 'entries', data: JSON.stringify(timeline.entries) }));
}
