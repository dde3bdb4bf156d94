import type { ClinicAdapter } from './adapters/adapter.js';
import { fault } from './domain/errors.js';
import { DEFAULT_HORIZON_MS } from './domain/filter.js';
import { SlotLengths, type SlotOptions } from './domain/slot-lengths.js';
import { systemRuntime, type Runtime } from './engine/runtime.js';
import { DEFAULT_TUNING, type Tuning } from './engine/tuning.js';
import type { RunningOptions } from './host/running.js';
import { memoryMirror } from './mirror/memory/index.js';
import type { Mirror } from './mirror/mirror.js';

export interface ClinicSyncOptions {
  /** The host's name for this clinic, 1 to 200 characters; names its rows in the mirror and its lock at the clinic. */
  readonly clinicId: string;
  /** How to reach the clinic's database: `postgresAdapter(…)`, `sqliteAdapter(…)`, or one of your own. */
  readonly adapter: ClinicAdapter;
  /** Where the copy is kept. Default: in memory, so that every start is a first copy. */
  readonly mirror?: Mirror;
  /** How far ahead slots are offered, in ms. Default 120 days. The copy itself has no upper bound. */
  readonly horizonMs?: number;
  /** How sessions are cut into slots, and the types of appointments that `availability({ type })` knows. */
  readonly slots?: SlotOptions;
  /** Departures from {@link DEFAULT_TUNING}. */
  readonly tuning?: Partial<Tuning>;
  /** Time, chance and names; for tests. */
  readonly runtime?: Runtime;
}

/** With every default in its place. Throws `InvalidArgument`. */
export function resolveOptions(options: ClinicSyncOptions): RunningOptions {
  const { clinicId, adapter, mirror = memoryMirror(), horizonMs = DEFAULT_HORIZON_MS } = options;
  if (typeof clinicId !== 'string' || clinicId.length === 0 || clinicId.length > 200) {
    throw fault('InvalidArgument', 'clinicId must be a text of 1 to 200 characters.', { field: 'clinicId' });
  }
  if (!(horizonMs > 0) || !Number.isFinite(horizonMs)) {
    throw fault('InvalidArgument', 'horizonMs must be a positive number of milliseconds.', { field: 'horizonMs' });
  }
  return {
    clinicId,
    adapter,
    mirror,
    horizonMs,
    lengths: new SlotLengths(options.slots),
    tuning: { ...DEFAULT_TUNING, ...options.tuning },
    runtime: options.runtime ?? systemRuntime,
  };
}
