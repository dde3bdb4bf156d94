import type { Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import type { ClinicEvent } from '../domain/events.js';
import type { SlotRef } from '../domain/slot.js';
import type { Mirror } from '../mirror/mirror.js';
import { Journal } from './journal.js';
import type { PendingResync } from './lifecycle.js';
import { openClinicMirror } from './open-mirror.js';
import type { Runtime } from './runtime.js';

export interface MirrorHoldOptions {
  readonly clinicId: string;
  readonly mirror: Mirror;
  readonly runtime: Runtime;
  readonly publish: (events: readonly ClinicEvent[]) => void;
  readonly onPromise: (slots: readonly SlotRef[]) => void;
}

/** Holds one clinic's mirror open, and replaces it by a new one when it was found damaged. */
export class MirrorHold {
  private held: Journal | null = null;
  private isDamaged = false;
  /** An opening under way; closing waits for it, so that nothing is left open behind a stop. */
  private opening: Promise<Result<PendingResync, MirrorError>> | null = null;

  constructor(
    private readonly options: MirrorHoldOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** `null` before it is open, and after it was closed or found damaged. */
  get journal(): Journal | null {
    return this.isDamaged ? null : this.held;
  }

  /** Nothing is read from it or written to it any more; {@link renew} begins a new one. */
  damaged(): void {
    this.isDamaged = true;
  }

  open(): Promise<Result<PendingResync, MirrorError>> {
    return (this.opening = this.openNew(false));
  }

  /** Throws a damaged mirror away and begins a new one. */
  renew(): Promise<Result<PendingResync, MirrorError>> {
    return (this.opening = this.openNew(true));
  }

  /** Released in any case; a note that could not be written means that the next opening takes this for a crash. */
  async close(inOrder: boolean): Promise<void> {
    (await this.opening)?.unwrapOr(undefined);
    (await this.held?.close(inOrder && !this.isDamaged))?.unwrapOr(undefined);
  }

  private async openNew(discard: boolean): Promise<Result<PendingResync, MirrorError>> {
    const { clinicId, mirror, runtime, publish, onPromise } = this.options;
    // Damaged as it is, whether it can be closed in order says nothing.
    (await this.held?.close(false))?.unwrapOr(undefined);
    this.held = null;
    const opened = await openClinicMirror(mirror, { clinicId, runtime, signal: this.signal, discard });
    return opened.map((value) => {
      this.held = new Journal(value.mirror, value.intents, publish, onPromise);
      this.isDamaged = false;
      return value.resync;
    });
  }
}
