import { EventEmitter } from 'eventemitter3';
import { okAsync, ResultAsync } from 'neverthrow';

import type { AdapterError } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import { scopeOfKeys } from '../../domain/scope.js';
import type { ClinicIdentity, ClinicLink, ClinicReader, ClinicSnapshot, LinkEvents } from '../adapter.js';
import type { MemoryClinic } from './clinic.js';
import { memoryReader, type ReaderCapabilities } from './reader.js';

export interface MemoryCapabilities extends ReaderCapabilities {
  readonly pulse: boolean;
  readonly awaitPulse: boolean;
  readonly snapshot: boolean;
  readonly push: boolean;
  readonly sessions: boolean;
}

export const ALL_MEMORY_CAPABILITIES: MemoryCapabilities = {
  pulse: true,
  awaitPulse: true,
  snapshot: true,
  push: true,
  readKeys: true,
  digest: true,
  sessions: true,
};

/** Calls `fire` after `ms`; the answer cancels. */
export type Wait = (ms: number, fire: () => void) => () => void;

export class MemoryLink implements ClinicLink {
  readonly identity: ClinicIdentity;
  readonly events = new EventEmitter<LinkEvents>();
  readonly push: boolean;
  readonly readRange: ClinicReader['readRange'];
  readonly readKeys?: NonNullable<ClinicReader['readKeys']>;
  readonly digest?: NonNullable<ClinicReader['digest']>;
  readonly pulse?: NonNullable<ClinicLink['pulse']>;
  readonly awaitPulse?: NonNullable<ClinicLink['awaitPulse']>;
  readonly openSnapshot?: NonNullable<ClinicLink['openSnapshot']>;
  private readonly stopListening: () => void;

  constructor(
    private readonly clinic: MemoryClinic,
    capabilities: MemoryCapabilities,
    private readonly wait: Wait,
  ) {
    this.identity = { database: clinic.database, position: String(clinic.position) };
    this.push = capabilities.push;
    const reader = memoryReader(() => clinic.all(), capabilities);
    this.readRange = reader.readRange;
    if (reader.readKeys) this.readKeys = reader.readKeys;
    if (reader.digest) this.digest = reader.digest;
    if (capabilities.pulse) this.pulse = () => okAsync(this.pulseNow());
    if (capabilities.pulse && capabilities.awaitPulse)
      this.awaitPulse = (base, ms, signal) => this.waitForPulse(base, ms, signal);
    if (capabilities.snapshot) this.openSnapshot = () => okAsync(this.takeSnapshot(capabilities));
    this.stopListening = clinic.onCommit((keys) => {
      if (this.push) this.events.emit('hint', scopeOfKeys(keys));
    });
  }

  now(): ResultAsync<Instant, AdapterError> {
    return okAsync(this.clinic.now());
  }

  close(): ResultAsync<void, never> {
    this.stopListening();
    return okAsync(undefined);
  }

  private pulseNow(): string {
    return String(this.clinic.position);
  }

  private takeSnapshot(capabilities: ReaderCapabilities): ClinicSnapshot {
    const rows = this.clinic.all();
    const pulse = this.pulse ? this.pulseNow() : null;
    return { ...memoryReader(() => rows, capabilities), pulse, close: () => okAsync(undefined) };
  }

  private waitForPulse(base: string, maxWaitMs: number, signal: AbortSignal): ResultAsync<string, AdapterError> {
    const changed = new Promise<string>((resolve) => {
      const finish = () => {
        stop();
        cancel();
        signal.removeEventListener('abort', finish);
        resolve(this.pulseNow());
      };
      const stop = this.clinic.onCommit(finish);
      const cancel = this.wait(maxWaitMs, finish);
      signal.addEventListener('abort', finish);
      if (this.pulseNow() !== base || signal.aborted) finish();
    });
    return ResultAsync.fromSafePromise(changed);
  }
}
