import { errAsync, okAsync } from 'neverthrow';

import { hash } from 'node:crypto';

import { fault } from '../../domain/errors.js';
import type { ClinicAdapter } from '../adapter.js';
import type { MemoryClinic } from './clinic.js';
import { ALL_MEMORY_CAPABILITIES, MemoryLink, type MemoryCapabilities } from './link.js';
import { takeLock, type Wait } from './lock.js';

export { MemoryClinic, type MemoryRecord, type MemoryRow, type MemoryTransaction } from './clinic.js';
export { ALL_MEMORY_CAPABILITIES, type MemoryCapabilities } from './link.js';

export interface MemoryAdapterOptions {
  readonly clinic: MemoryClinic;
  /** The IANA zone whose midnights divide the clinic's days. */
  readonly zone: string;
  /** What the adapter offers beyond reading ranges; default everything. Leave some out to see the fallbacks work. */
  readonly capabilities?: Partial<MemoryCapabilities>;
  /** Stands for how rows are mapped; another one lays the mirror anew. Default `memory`. */
  readonly mapping?: string;
  /**
   * With it, one link at a time for each `clinicId`; another one gets `ClinicInUse`. A link that is not heard of for so many ms
   * loses the clinic. Default: no lock.
   */
  readonly lockSilenceMs?: number;
  /** The timer behind `awaitPulse` and the lock, for virtual time. */
  readonly wait?: Wait;
}

/** An adapter to a {@link MemoryClinic}. */
export function memoryAdapter({
  clinic,
  zone,
  capabilities,
  mapping = 'memory',
  lockSilenceMs,
  wait = realWait,
}: MemoryAdapterOptions): ClinicAdapter {
  const offered = { ...ALL_MEMORY_CAPABILITIES, ...capabilities };
  return {
    engine: 'memory',
    mappingId: hash('sha256', `${mapping}|${zone}`).slice(0, 16),
    zone,
    hasSessions: offered.sessions,
    connect: ({ clinicId, signal }) => {
      if (signal.aborted) return errAsync(fault('Aborted'));
      if (lockSilenceMs === undefined) return okAsync(new MemoryLink(clinic, zone, offered, wait));
      const lock = takeLock(clinic, clinicId, lockSilenceMs, wait);
      return lock ? okAsync(new MemoryLink(clinic, zone, offered, wait, lock)) : errAsync(fault('ClinicInUse'));
    },
  };
}

const realWait: Wait = (ms, fire) => {
  const timer = setTimeout(fire, ms);
  return () => {
    clearTimeout(timer);
  };
};
