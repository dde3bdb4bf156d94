import type { ResultAsync } from 'neverthrow';

import type { ClinicLink } from '../../adapters/adapter.js';
import type { AdapterError } from '../../domain/errors.js';
import { MONDAY, CUTOFF } from './samples.js';
import { whole } from './bench.js';

/** Every call that a link offers, once. An opened snapshot is closed again. */
export type Calls = Readonly<Record<string, (signal: AbortSignal) => ResultAsync<unknown, AdapterError>>>;

export function callsOf(link: ClinicLink): Calls {
  const { readKeys, digest, pulse, awaitPulse, newKeys, openSnapshot } = link;
  const range = whole();
  return {
    readRange: (signal) => link.readRange({ range, cutoff: CUTOFF, signal }),
    now: (signal) => link.now(signal),
    ...(readKeys && {
      readKeys: (signal) => readKeys.call(link, { stream: 'busy', ids: ['1'], cutoff: CUTOFF, signal }),
    }),
    ...(digest && {
      digest: (signal) => digest.call(link, { stream: 'busy', edges: [MONDAY], cutoff: CUTOFF, signal }),
    }),
    ...(pulse && { pulse: (signal) => pulse.call(link, signal) }),
    ...(awaitPulse && { awaitPulse: (signal) => awaitPulse.call(link, 'an old one', 500, signal) }),
    ...(newKeys && { newKeys: (signal) => newKeys.call(link, signal) }),
    ...(openSnapshot && {
      openSnapshot: (signal) => openSnapshot.call(link, signal).andThen((snapshot) => snapshot.close()),
    }),
  };
}
