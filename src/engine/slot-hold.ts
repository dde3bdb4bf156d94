import { err, ok, type Result } from 'neverthrow';

import type { SlotHold } from '../domain/booking.js';
import { requestHash } from '../domain/booking.js';
import { fault, type ErrorOf, type MirrorError } from '../domain/errors.js';
import type { Intent } from '../domain/intent.js';
import type { SlotRef } from '../domain/slot.js';
import type { SlotLengths } from '../domain/slot-lengths.js';
import { placeOf, type SlotError } from './booking.js';
import { askMirror } from './call.js';
import type { Journal } from './journal.js';
import type { Runtime } from './runtime.js';

export interface HoldOrder {
  readonly key: string;
  readonly slot: SlotRef;
  readonly ttlMs: number;
  readonly horizonMs: number;
  readonly lengths: SlotLengths;
}

/** Keeps a slot for one online patient for a while. The clinic hears nothing of it. Must be called in the slot's turn. */
export async function holdSlot(
  journal: Journal,
  runtime: Runtime,
  order: HoldOrder,
): Promise<Result<SlotHold, SlotError | ErrorOf<'KeyReused'>>> {
  const { key, slot, ttlMs } = order;
  const hash = requestHash(['hold', slot.practitionerId, slot.start, slot.end]);
  const known = await askMirror(() => journal.mirror.intent(key));
  if (known.isErr()) return err(known.error);
  if (known.value && (known.value.wish.kind !== 'hold' || known.value.requestHash !== hash))
    return err(fault('KeyReused'));
  const place = await placeOf({ journal, runtime }, order);
  if (place.isErr()) return err(place.error);
  const until = runtime.now() + ttlMs;
  const intent: Intent = {
    key,
    wish: { kind: 'hold', slot, until },
    state: 'held',
    requestHash: hash,
    token: runtime.newId(),
    deadline: null,
    row: null,
    recordedAt: runtime.now(),
    outcome: null,
    closedAt: null,
  };
  const recorded = await journal.commit({ intents: [intent] });
  return recorded.map(() => ({ idempotencyKey: key, slot, until }));
}

/** Gives a held slot free again; a key that holds nothing is none of its business. */
export async function releaseSlot(journal: Journal, runtime: Runtime, key: string): Promise<Result<void, MirrorError>> {
  const known = await askMirror(() => journal.mirror.intent(key));
  if (known.isErr()) return err(known.error);
  return known.value?.state === 'held' ? close(journal, runtime, [known.value]) : ok();
}

/** Holds whose time is up keep nobody out; this forgets them. */
export function sweepHolds(journal: Journal, runtime: Runtime): Promise<Result<void, MirrorError>> {
  return close(journal, runtime, journal.tentative.expired(runtime.now()));
}

async function close(journal: Journal, runtime: Runtime, holds: readonly Intent[]): Promise<Result<void, MirrorError>> {
  if (holds.length === 0) return ok();
  const at = runtime.now();
  const over = { state: 'closed', outcome: { result: 'refused', code: 'NotMade' }, closedAt: at } as const;
  const closed = await journal.commit({ intents: holds.map((hold) => ({ ...hold, ...over })) });
  return closed.map(() => undefined);
}
