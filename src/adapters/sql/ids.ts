import type { Stream } from '../../domain/row.js';
import type { SourceLabel } from './resolve.js';

/**
 * Appointments and blockouts share a stream, in which ids must be unique, and come from tables that number independently. So
 * blockouts are told as `blockout:7`; an appointment whose own id looks like a prefixed one gets a prefix too.
 */
const PREFIX: Readonly<Record<SourceLabel, string>> = {
  appointments: 'appointment:',
  blockouts: 'blockout:',
  sessions: '',
};

export function outwardId(label: SourceLabel, id: string): string {
  if (label === 'blockouts') return PREFIX.blockouts + id;
  if (label === 'appointments' && (id.startsWith(PREFIX.appointments) || id.startsWith(PREFIX.blockouts))) {
    return PREFIX.appointments + id;
  }
  return id;
}

/** Which table an outward id belongs to, and its id there. */
export function inwardId(stream: Stream, outward: string): { label: SourceLabel; id: string } {
  if (stream === 'session') return { label: 'sessions', id: outward };
  for (const label of ['appointments', 'blockouts'] as const) {
    if (outward.startsWith(PREFIX[label])) return { label, id: outward.slice(PREFIX[label].length) };
  }
  return { label: 'appointments', id: outward };
}
