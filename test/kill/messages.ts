import type { ClinicEvent } from '../../src/domain/events.js';
import type { StoredRow } from '../../src/domain/row.js';
import type { Phase } from '../../src/domain/status.js';

/** How the host reaches the clinic. Data only, because it travels to another process. */
export type Clinic =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'mysql'; readonly url: string }
  | { readonly engine: 'postgres'; readonly url: string; readonly push: 'off' | 'trigger' };

/** What a host process is started with. */
export interface HostOrder {
  readonly clinic: Clinic;
  readonly mirror: string;
  /** Where the consumer stands; `null`: it has nothing yet and begins with a snapshot. */
  readonly cursor: string | null;
  /** Tell of the mirror's n-th commit as it begins; 0: of none. */
  readonly tellCommit: number;
}

export type ToHost =
  | { readonly type: 'snapshot' }
  | { readonly type: 'stop' }
  /** Anything else that this kind of host can do. */
  | { readonly type: 'ask'; readonly nth: number; readonly request: unknown };

export type FromHost =
  | { readonly type: 'status'; readonly phase: Phase; readonly fault: string | null }
  | { readonly type: 'event'; readonly event: ClinicEvent }
  /** The consumer's new beginning: after it come the events after its cursor. */
  | { readonly type: 'begin'; readonly rows: readonly StoredRow[]; readonly cursor: string }
  /** What was asked for. */
  | { readonly type: 'snapshot'; readonly rows: readonly StoredRow[]; readonly cursor: string }
  | { readonly type: 'answer'; readonly nth: number; readonly value: unknown }
  | { readonly type: 'committing' }
  /** Something that may never happen. */
  | { readonly type: 'failed'; readonly what: string };
