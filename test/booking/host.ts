import type { ResultAsync } from 'neverthrow';
import { expect } from 'vitest';

import { ClinicSync, type ClinicEvent, type ClinicSyncOptions, type EventOf, type EventType } from '../../src/index.js';

let hosts = 0;

/** A host's sync, live, and everything it told. */
export async function startHost(options: Omit<ClinicSyncOptions, 'clinicId'> & { readonly clinicId?: string }) {
  const clinicId = `booking-${String(process.pid)}-${String(++hosts)}`;
  const tuning = { retryBaseMs: 50, retryCapMs: 200, ...options.tuning };
  const sync = new ClinicSync({ clinicId, ...options, tuning });
  const events: ClinicEvent[] = [];
  sync.events$.subscribe((event) => events.push(event));
  const started = await sync.start();
  expect(started.isOk() && started.value.phase).toBe('live');
  return {
    sync,
    events,
    ofType: <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type),
    untilTold: async (type: EventType, timeout = 20_000) => {
      await expect.poll(() => events.some((event) => event.type === type), { timeout }).toBe(true);
    },
  };
}

/** The code of an error, or the value. */
export async function outcome<T, E extends { readonly code: string }>(asked: ResultAsync<T, E>): Promise<T | string> {
  const result = await asked;
  return result.isOk() ? result.value : result.error.code;
}
