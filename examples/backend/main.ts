/** `npm run example -- backend`: a booking backend over one practice, and a client that uses it over HTTP. Ends by itself. */
import type { AddressInfo } from 'node:net';

import { serve } from '@hono/node-server';
import { ClinicSync } from 'clinic-sync';
import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
import { sqliteAdapter } from 'clinic-sync/sqlite';

import { openPractice } from '../quick-start/practice.js';
import { backend } from './app.js';
import { tellStory } from './story.js';

const practice = openPractice();
const columns = {
  id: 'id',
  practitioner: 'doctor',
  location: 'room',
  start: 'starts',
  end: 'ends',
  time: 'wall',
} as const;
const sync = new ClinicSync({
  clinicId: 'northcote',
  adapter: sqliteAdapter({
    path: practice.path,
    write: true,
    schema: {
      zone: 'Australia/Melbourne',
      appointments: { table: 'appointments', ...columns, booking: { token: 'token', patient: 'patient' } },
      sessions: { table: 'sessions', ...columns, slotMinutes: 15 },
    },
  }),
  mirror: sqliteMirror({ path: `${practice.path}.mirror` }),
});
const started = await sync.start();
if (started.isErr()) throw started.error;

const app = backend({
  clinics: new Map([['northcote', sync]]),
  log: ({ method, route, clinicId, status, ms }) => {
    console.log(`    log: ${method} ${route} ${clinicId ?? '-'} ${status} ${ms.toFixed(1)} ms`);
  },
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await new Promise<void>((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
console.log(`backend on ${url}`);

await tellStory(`${url}/clinics/northcote`, practice);

// The streams end with it.
await sync.stop();
await new Promise<void>((resolve) => {
  server.close(() => resolve());
  // Clients keep theirs open for a next request.
  if ('closeAllConnections' in server) server.closeAllConnections();
});
practice.close();
