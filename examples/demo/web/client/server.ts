/** Everything that the page asks of its server: the desk's routes, the link's, and the backend's beneath `/api`. */
import type { ClinicStatus } from '../../../../src/index.js';
import type { DiaryEntry, Place, Refused, Written } from '../desk.js';
import type { Entry } from '../../practice.js';
import type { TimelineEntry } from '../timeline.js';

export interface Practice {
  readonly clinicId: string;
  readonly zone: string;
  readonly described: string;
  readonly pulled: string;
  readonly practitioners: readonly { readonly id: string; readonly name: string }[];
  readonly days: readonly string[];
}

export interface State {
  readonly cut: boolean;
  /** The server's clock as it said so. */
  readonly now: number;
  readonly status: ClinicStatus;
}

export interface Diary {
  readonly slots: readonly Entry[];
  readonly entries: readonly DiaryEntry[];
}

export interface ApiSlot {
  readonly practitionerId: string;
  readonly start: string;
  readonly end: string;
}

export interface Availability {
  readonly slots: readonly ApiSlot[];
  readonly freshness: string;
  readonly verifiedAt: string | null;
}

export interface SlotState {
  readonly state: 'available' | 'taken' | 'not-offered' | 'past';
  readonly freshness: string;
}

/** What the backend answers to a booking or its deletion. */
export type ApiAnswer =
  | { readonly result: 'booked' | 'deleted' | 'unknown'; readonly appointment?: { readonly id: string } }
  | { readonly error: { readonly code: string; readonly message: string; readonly retryable: boolean } };

async function ask<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers = { 'Content-Type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) };
  const response = await fetch(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return (await response.json()) as T;
}

const query = (values: Record<string, string | number>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

export const getPractice = () => ask<Practice>('GET', 'practice');
export const throwSwitch = (cut: boolean) => ask<unknown>('POST', 'link', { cut });

export const desk = {
  diary: (practitioner: string, day: string) => ask<Diary>('GET', `desk/diary?${query({ practitioner, day })}`),
  book: (place: Place & { patient: string; afterMs?: number }) => ask<Written | Refused>('POST', 'desk/book', place),
  squeeze: (place: Place & { patient: string }) => ask<Written | Refused>('POST', 'desk/squeeze', place),
  cancel: (id: number) => ask<Written | Refused>('POST', 'desk/cancel', { id }),
  move: (id: number) => ask<Written | Refused>('POST', 'desk/move', { id }),
  count: ({ practitioner, starts }: Place) =>
    ask<{ appointments: number }>('GET', `desk/count?${query({ practitioner, starts })}`),
};

const CLINIC = 'api/clinics/northcote';
const slotPath = ({ practitionerId, start, end }: ApiSlot) => `${CLINIC}/slots/${practitionerId}/${start}/${end}`;

export const api = {
  availability: (practitioner: string, date: string) =>
    ask<Availability>('GET', `${CLINIC}/availability?${query({ practitioner, date, limit: 100 })}`),
  book: ({ practitionerId, start, end }: ApiSlot, patient: string, key: string) =>
    ask<ApiAnswer>('POST', `${CLINIC}/bookings`, { slot: { practitionerId, start, end }, details: { patient } }, key),
  outcome: (key: string) => ask<ApiAnswer>('GET', `${CLINIC}/bookings/${key}`),
  cancel: (key: string) => ask<ApiAnswer>('DELETE', `${CLINIC}/bookings/${key}`, undefined, `cancel-${key}`),
  /** Tells what a slot is until the function that it answers with is called. */
  watch(slot: ApiSlot, onState: (state: SlotState) => void): () => void {
    const source = new EventSource(`${slotPath(slot)}/watch`);
    source.addEventListener('slot', ({ data }) => {
      onState(JSON.parse(String(data)) as SlotState);
    });
    return () => {
      source.close();
    };
  },
};

export interface LiveListener {
  onState(state: State): void;
  onEntries(entries: readonly TimelineEntry[]): void;
  onEntry(entry: TimelineEntry): void;
  /** Whether the server is heard. */
  onHeard(heard: boolean): void;
}

/**
 * How things are, while the page is seen: a browser has six connections for all its windows, and one that nobody looks at must not
 * keep any.
 */
export function live(listener: LiveListener): void {
  let source: EventSource | null = null;
  const open = () => {
    source = new EventSource('live');
    const on = (name: string, take: (value: never) => void) => {
      source?.addEventListener(name, ({ data }: MessageEvent<string>) => {
        take(JSON.parse(data) as never);
      });
    };
    on('state', listener.onState);
    on('entries', listener.onEntries);
    on('entry', listener.onEntry);
    source.onopen = () => listener.onHeard(true);
    source.onerror = () => listener.onHeard(false);
  };
  document.addEventListener('visibilitychange', () => {
    source?.close();
    source = null;
    if (!document.hidden) open();
  });
  if (!document.hidden) open();
}
