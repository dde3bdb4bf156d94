/**
 * Appointments and blockouts share a stream, in which ids must be unique, and come from tables that number independently. So
 * blockouts are told as `blockout:7`; an appointment whose own id looks like that gets a prefix too.
 */
import type { Stream } from 'clinic-sync';

import type { Label } from './options.js';

const PREFIX: Readonly<Record<Label, string>> = { appointments: 'appointment:', blockouts: 'blockout:', sessions: '' };

export function outwardId(label: Label, id: string): string {
  const looksPrefixed = id.startsWith(PREFIX.appointments) || id.startsWith(PREFIX.blockouts);
  return label === 'blockouts' || (label === 'appointments' && looksPrefixed) ? PREFIX[label] + id : id;
}

/** Which table an outward id belongs to, and its id there. */
export function inwardId(stream: Stream, outward: string): { label: Label; id: string } {
  if (stream === 'session') return { label: 'sessions', id: outward };
  for (const label of ['appointments', 'blockouts'] as const) {
    if (outward.startsWith(PREFIX[label])) return { label, id: outward.slice(PREFIX[label].length) };
  }
  return { label: 'appointments', id: outward };
}
