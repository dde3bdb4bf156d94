import { err, ok, type Result } from 'neverthrow';

import type { AdapterError } from '../domain/errors.js';
import { stored } from '../domain/fingerprint.js';
import { DAY, type Instant } from '../domain/instant.js';
import { takes } from '../domain/busy-times.js';
import type { SlotPlace } from '../domain/intent.js';
import type { StoredRow } from '../domain/row.js';
import { scopeOfKeys } from '../domain/scope.js';
import type { SlotRef } from '../domain/slot.js';
import { askClinic } from './call.js';
import type { LinkSession } from './session.js';

/** Rows that began longer ago than this are no news: the guard of the statement has seen them. */
const LOOK_BACK_MS = DAY;

export interface Surroundings {
  /** Our row as it is now; `undefined` when it is gone, or not in its slot any more. */
  readonly ours: StoredRow | undefined;
  /** Rows of the clinic's that take some of the slot. */
  readonly others: readonly StoredRow[];
  /** There are rows that cannot be decoded: any of them may be in the slot, and may be ours. */
  readonly unclear: boolean;
}

/** The look after the commit. */
export async function lookAround(
  session: LinkSession,
  slot: SlotRef & Partial<SlotPlace>,
  ownId: string,
): Promise<Result<Surroundings, AdapterError>> {
  const { link, journal, runtime, tuning } = session.tools;
  const { practitionerId, start, end } = slot;
  const range = { stream: 'busy', from: start - LOOK_BACK_MS, to: end, practitionerId } as const;
  // A slot may have passed out of the window while it was in doubt.
  const cutoff = Math.min(journal.facts.cutoff ?? runtime.now(), start);
  const read = await askClinic(runtime, tuning.requestTimeoutMs, session.signal, (signal) =>
    link.readRange({ range, cutoff, signal }),
  );
  return read.map(({ records, skipped }) => {
    const around = records.filter(({ row }) => takes(row, slot));
    const ours = around.find(({ row }) => row.id === ownId);
    const others = around.filter((record) => record !== ours).map(stored);
    return { ours: ours && stored(ours), others, unclear: skipped.length > 0 };
  });
}

/**
 * The row under an id as the clinic has it now. `undefined`: none that ended after the cutoff, which is the caller's to choose,
 * because the window may have moved past a row that is still there; `unclear`: one that cannot be decoded.
 */
export async function readRow(
  session: LinkSession,
  id: string,
  cutoff: Instant,
): Promise<Result<StoredRow | 'unclear' | undefined, AdapterError>> {
  const { link, runtime, tuning } = session.tools;
  const read = await askClinic(runtime, tuning.requestTimeoutMs, session.signal, (signal) =>
    link.readKeys
      ? link.readKeys({ stream: 'busy', ids: [id], cutoff, signal })
      : link.readRange({ range: { stream: 'busy', from: null, to: null }, cutoff, signal }),
  );
  if (read.isErr()) return err(read.error);
  const record = read.value.records.find(({ row }) => row.id === id);
  if (record) return ok(stored(record));
  return ok(read.value.skipped.some(({ key }) => key.id === id) ? 'unclear' : undefined);
}

/** Whether a slot has no room for one more beside these: a blockout takes all of it, appointments as many places as they are. */
export function isFull({ capacity = 1 }: Partial<SlotPlace>, others: readonly StoredRow[]): boolean {
  const appointments = others.filter(({ row }) => row.kind === 'appointment');
  return appointments.length < others.length || appointments.length >= capacity;
}

/** Has rows looked at that turned out to be otherwise than the mirror has them. */
export function lookAgain(session: LinkSession, ids: readonly string[]): void {
  session.line.hint(scopeOfIds(ids));
}

/** The same, and answers when it is over, whatever it came to: a failure is the line's to tell. */
export async function lookedAgain(session: LinkSession, ids: readonly string[]): Promise<void> {
  return session.line.request(scopeOfIds(ids), 'clinic').then(() => undefined);
}

const scopeOfIds = (ids: readonly string[]) => scopeOfKeys(ids.map((id) => ({ stream: 'busy' as const, id })));
