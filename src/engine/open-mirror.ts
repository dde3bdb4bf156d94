import { err, ok, type Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import type { Intent } from '../domain/intent.js';
import type { ClinicMirror, Mirror, OpenMirror } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import type { PendingResync } from './lifecycle.js';
import type { Runtime } from './runtime.js';

export interface OpenedMirror {
  readonly mirror: ClinicMirror;
  /** Requests of an earlier process without an outcome. */
  readonly intents: readonly Intent[];
  /** Why the whole future has to be compared now. */
  readonly resync: PendingResync;
}

/**
 * Opens a clinic's mirror and says what its state means for the resync to come. A mirror that is damaged is thrown away and
 * begun anew: everything in it can be read from the clinic again.
 */
export async function openClinicMirror(
  mirror: Mirror,
  options: {
    readonly clinicId: string;
    readonly runtime: Runtime;
    readonly signal: AbortSignal;
    readonly discard: boolean;
  },
): Promise<Result<OpenedMirror, MirrorError>> {
  const { clinicId, runtime, signal } = options;
  const open = () => openWithIntents(mirror, { clinicId, incarnation: runtime.newId(), signal });
  let damaged = options.discard;
  let opened = damaged ? undefined : await open();
  if (!opened || (opened.isErr() && opened.error.code === 'MirrorCorrupt')) {
    damaged = true;
    const discarded = await askMirror(() => mirror.discard(clinicId));
    if (discarded.isErr()) return err(discarded.error);
    opened = await open();
  }
  if (opened.isErr()) return err(opened.error);
  const { facts } = opened.value.mirror;
  const reason = damaged
    ? 'mirror-corrupt'
    : facts.cutoff === null
      ? 'first-copy'
      : facts.closedInOrder
        ? 'start'
        : 'crash';
  // An empty mirror may be a new clinic's or one that went missing: nobody here can tell, so a conflict is possible.
  const resync = { reason, possibleConflict: true, accept: false } as const;
  return ok({ ...opened.value, resync });
}

async function openWithIntents(
  mirror: Mirror,
  options: OpenMirror,
): Promise<Result<Pick<OpenedMirror, 'mirror' | 'intents'>, MirrorError>> {
  const opened = await askMirror(() => mirror.open(options));
  if (opened.isErr()) return err(opened.error);
  const intents = await askMirror(() => opened.value.openIntents());
  if (intents.isOk()) return ok({ mirror: opened.value, intents: intents.value });
  (await askMirror(() => opened.value.close(false))).unwrapOr(undefined);
  return err(intents.error);
}
