import type { Result, ResultAsync } from 'neverthrow';
import type { Observable } from 'rxjs';

import type { ErrorOf } from '../domain/errors.js';
import type { ClinicEvent } from '../domain/events.js';
import type { SlotRef } from '../domain/slot.js';
import type { SlotLengths } from '../domain/slot-lengths.js';
import type { ClinicStatus } from '../domain/status.js';
import type { Journal } from '../engine/journal.js';
import type { Runtime } from '../engine/runtime.js';
import type { Supervisor } from '../engine/supervisor.js';
import type { NotRunning } from './answers.js';

/** A started sync, as the parts that answer requests see it. */
export interface Running {
  readonly hasSessions: boolean;
  readonly horizonMs: number;
  readonly lengths: SlotLengths;
  readonly runtime: Runtime;
  readonly supervisor: Supervisor;
  /** Events as they are committed, commit by commit. Completes with `stop()`. */
  readonly batches: Observable<readonly ClinicEvent[]>;
  readonly statuses: Observable<ClinicStatus>;
  /** Slots that were promised to an online patient, or are free again. */
  readonly promised: Observable<readonly SlotRef[]>;
  /** Answers `NotStarted`, `Stopped` or `MirrorFailed` where there is no journal. */
  withJournal<T, E extends { readonly code: string }>(
    work: (journal: Journal) => Promise<Result<T, E>>,
  ): ResultAsync<T, E | ErrorOf<NotRunning | 'MirrorFailed'>>;
}
