import { EventEmitter } from 'eventemitter3';
import { okAsync, ResultAsync } from 'neverthrow';

import type { AdapterError } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import { streamOf, type RowKey } from '../../domain/row.js';
import { scopeOfKeys } from '../../domain/scope.js';
import { MAX_KEYS_PER_READ } from '../adapter.js';
import type { ClinicIdentity, ClinicLink, ClinicReader, ClinicSnapshot, LinkEvents } from '../adapter.js';
import type { MemoryClinic } from './clinic.js';
import type { ClinicWriter } from '../writer.js';
import type { SessionLock, Wait } from './lock.js';
import { MEMORY_SKETCH_IDS, memoryReader, unlessOver, type ReaderCapabilities } from './reader.js';
import { memoryWriter } from './writer.js';

export interface MemoryCapabilities extends ReaderCapabilities {
  readonly pulse: boolean;
  readonly awaitPulse: boolean;
  readonly newKeys: boolean;
  readonly snapshot: boolean;
  readonly push: boolean;
  readonly sessions: boolean;
  /** Books and deletes. */
  readonly writes: boolean;
  /** Booked rows can be told by their token. */
  readonly tokens: boolean;
}

export const ALL_MEMORY_CAPABILITIES: MemoryCapabilities = {
  pulse: true,
  awaitPulse: true,
  newKeys: true,
  snapshot: true,
  push: true,
  readKeys: true,
  digest: true,
  sketch: true,
  sessions: true,
  writes: true,
  tokens: true,
};

export class MemoryLink implements ClinicLink {
  readonly identity: ClinicIdentity;
  readonly events = new EventEmitter<LinkEvents>();
  readonly push: boolean;
  readonly readRange: ClinicReader['readRange'];
  readonly readKeys?: NonNullable<ClinicReader['readKeys']>;
  readonly digest?: NonNullable<ClinicReader['digest']>;
  readonly sketch?: NonNullable<ClinicReader['sketch']>;
  readonly sketchIds?: NonNullable<ClinicLink['sketchIds']>;
  readonly pulse?: NonNullable<ClinicLink['pulse']>;
  readonly awaitPulse?: NonNullable<ClinicLink['awaitPulse']>;
  readonly newKeys?: NonNullable<ClinicLink['newKeys']>;
  readonly writer?: ClinicWriter;
  readonly openSnapshot?: NonNullable<ClinicLink['openSnapshot']>;
  private top = 0;
  private readonly stopListening: () => void;
  private readonly isClosed = () => this.closing.signal.aborted || this.lock?.heard() === false;
  private readonly closing = new AbortController();

  constructor(
    private readonly clinic: MemoryClinic,
    zone: string,
    capabilities: MemoryCapabilities,
    private readonly wait: Wait,
    private readonly lock?: SessionLock,
  ) {
    this.identity = { database: clinic.database, position: String(clinic.position) };
    this.push = capabilities.push;
    this.takeNewKeys();
    const reader = memoryReader(() => clinic.all(), capabilities, this.isClosed);
    this.readRange = reader.readRange;
    if (reader.readKeys) this.readKeys = reader.readKeys;
    if (reader.digest) this.digest = reader.digest;
    if (reader.sketch) {
      this.sketch = reader.sketch;
      this.sketchIds = { busy: MEMORY_SKETCH_IDS, session: MEMORY_SKETCH_IDS };
    }
    if (capabilities.pulse) this.pulse = (signal) => unlessOver(signal, this.isClosed, () => this.pulseNow());
    if (capabilities.pulse && capabilities.awaitPulse)
      this.awaitPulse = (base, ms, signal) => this.waitForPulse(base, ms, signal);
    if (capabilities.newKeys) this.newKeys = (signal) => unlessOver(signal, this.isClosed, () => this.takeNewKeys());
    if (capabilities.snapshot) {
      this.openSnapshot = (signal) => unlessOver(signal, this.isClosed, () => this.takeSnapshot(capabilities));
    }
    if (capabilities.writes) this.writer = memoryWriter(clinic, { zone, tokens: capabilities.tokens }, this.isClosed);
    this.stopListening = clinic.onCommit((keys) => {
      if (this.push) this.events.emit('hint', scopeOfKeys(keys));
    });
  }

  now(signal: AbortSignal): ResultAsync<Instant, AdapterError> {
    return unlessOver(signal, this.isClosed, () => this.clinic.now());
  }

  close(): ResultAsync<void, never> {
    this.stopListening();
    this.lock?.release();
    this.closing.abort();
    return okAsync(undefined);
  }

  /** Rows whose ids are above every id seen before. */
  private takeNewKeys(): RowKey[] {
    const rows = [...this.clinic.all().values()].filter(({ row }) => Number(row.id) > this.top);
    for (const { row } of rows) this.top = Math.max(this.top, Number(row.id));
    return rows.slice(0, MAX_KEYS_PER_READ).map(({ row }) => ({ stream: streamOf(row), id: row.id }));
  }

  private pulseNow(): string {
    return String(this.clinic.position);
  }

  private takeSnapshot(capabilities: ReaderCapabilities): ClinicSnapshot {
    const rows = this.clinic.all();
    const pulse = this.pulse ? this.pulseNow() : null;
    let closed = false;
    return {
      ...memoryReader(
        () => rows,
        capabilities,
        () => closed || this.isClosed(),
      ),
      pulse,
      close: () => {
        closed = true;
        return okAsync(undefined);
      },
    };
  }

  private waitForPulse(base: string, maxWaitMs: number, signal: AbortSignal): ResultAsync<string, AdapterError> {
    const ends = [signal, this.closing.signal];
    const changed = new Promise<void>((resolve) => {
      const finish = () => {
        stop();
        cancel();
        for (const end of ends) end.removeEventListener('abort', finish);
        resolve();
      };
      const stop = this.clinic.onCommit(finish);
      const cancel = this.wait(maxWaitMs, finish);
      for (const end of ends) end.addEventListener('abort', finish);
      if (this.pulseNow() !== base || ends.some(({ aborted }) => aborted)) finish();
    });
    return ResultAsync.fromSafePromise(changed).andThen(() => unlessOver(signal, this.isClosed, () => this.pulseNow()));
  }
}
