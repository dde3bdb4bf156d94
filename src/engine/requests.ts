import { err, ok, Result } from 'neverthrow';

import type { ClinicWriter } from '../adapters/writer.js';
import { fault, type AdapterError, type ErrorOf, type MirrorError } from '../domain/errors.js';
import { MINUTE } from '../domain/instant.js';
import type { Intent } from '../domain/intent.js';
import type { SlotRef } from '../domain/slot.js';
import type { HoldReason } from '../domain/status.js';
import { askMirror } from './call.js';
import type { Journal } from './journal.js';
import { pause } from './runtime.js';
import type { LinkSession } from './session.js';
import { settle, type Settled } from './settlement.js';
import { Turns } from './turns.js';

/** Why a request was refused for good, or has no outcome yet. */
export type OutcomeError = ErrorOf<
  'SlotTaken' | 'AppointmentGone' | 'AppointmentChanged' | 'NotMade' | 'Ambiguous' | 'InDoubt'
>;

export type RequestError =
  | OutcomeError
  | MirrorError
  | ErrorOf<'KeyReused' | 'NotLive' | 'BookingsHeld' | 'ReadOnlyClinic' | 'NotStarted' | 'Stopped'>;

/** What requests need to know of the clinic's present state. */
export interface Counter {
  readonly journal: Journal | null;
  readonly link: LinkSession | null;
  readonly holds: readonly HoldReason[];
}

export interface Request<E> {
  readonly key: string;
  readonly requestHash: string;
  /** What a booking is for. */
  readonly slot?: SlotRef;
  /** Carries it out; answers the intent closed, or still in doubt. */
  readonly carryOut: (session: LinkSession, writer: ClinicWriter) => Promise<Result<Intent, E>>;
}

/** The longest wait between two tries to settle a doubt; those of a login that is refused must not lock it out. */
const SETTLE_CAP_MS = 5 * MINUTE;

/** The calls that a settlement makes at the clinic are one after the other; so many of them go on at the same time. */
const SETTLED_AT_ONCE = 8;

/**
 * Bookings and deletions of one clinic: each key is carried out once, whoever asks how often, and every doubt is settled, by the
 * resync or, while the link lives, as soon as its fence has passed.
 */
export class Requests {
  private readonly running = new Map<string, { requestHash: string; outcome: Promise<Result<Intent, unknown>> }>();

  private readonly turns = new Turns();

  private readonly settling = new Map<string, { session: LinkSession; settled: Promise<Settled> }>();

  /** What is tried again and again, by key: on which link. */
  private readonly tried = new Map<string, LinkSession>();

  constructor(private readonly counter: Counter) {}

  /** Holds a slot, in its turn. */
  hold<T, E>(
    slot: SlotRef,
    work: () => Promise<Result<T, E>>,
  ): Promise<Result<T, E | ErrorOf<'NotLive' | 'BookingsHeld'>>> {
    return this.turns.run<Result<T, E | ErrorOf<'NotLive' | 'BookingsHeld'>>>(slot, async () => {
      const { holds } = this.counter;
      if (holds.includes('not-live')) return err(fault('NotLive'));
      return holds.length > 0 ? err(fault('BookingsHeld')) : work();
    });
  }

  async run<E>(request: Request<E>): Promise<Result<Intent, E | RequestError>> {
    const { key, requestHash } = request;
    const other = this.running.get(key);
    if (other) {
      if (other.requestHash !== requestHash) return err(fault('KeyReused'));
      return (await other.outcome) as Result<Intent, E | RequestError>;
    }
    const { slot } = request;
    const outcome = slot ? this.turns.run(slot, () => this.once(request)) : this.once(request);
    this.running.set(key, { requestHash, outcome });
    try {
      return await outcome;
    } finally {
      this.running.delete(key);
    }
  }

  /** Resolves when none is under way that was when it was asked. */
  async finished(): Promise<void> {
    await Promise.allSettled([...this.running.values()].map(({ outcome }) => outcome));
  }

  /** What became of a key; `undefined`: nothing was ever recorded under it. */
  async outcome(key: string): Promise<Result<Intent | undefined, OutcomeError | MirrorError>> {
    const { journal } = this.counter;
    if (!journal) return err(fault('MirrorFailed', 'The mirror is being rebuilt.'));
    const known = await askMirror(() => journal.mirror.intent(key));
    if (known.isErr()) return err(known.error);
    return known.value && !isHold(known.value) ? answerOf(known.value) : ok(undefined);
  }

  /** Settles everything that is in doubt; for the resync, while nothing new is accepted. */
  async settleAll(session: LinkSession): Promise<Result<void, AdapterError | MirrorError>> {
    const open = session.tools.journal.tentative.doubts();
    for (let first = 0; first < open.length; first += SETTLED_AT_ONCE) {
      const some = open.slice(first, first + SETTLED_AT_ONCE);
      // Together, because most of it is waiting for the same fence.
      const settled = Result.combine(await Promise.all(some.map((intent) => this.settleOnce(session, intent))));
      if (settled.isErr()) return err(settled.error);
      // What could not be taken back is tried again once the clinic is live.
      for (const { outcome, key } of settled.value) {
        const left = outcome ? undefined : some.find((intent) => intent.key === key);
        if (left) void this.settleLater(session, left, true);
      }
    }
    return ok();
  }

  private async once<E>({ key, requestHash, carryOut }: Request<E>): Promise<Result<Intent, E | RequestError>> {
    const { journal, link: session, holds } = this.counter;
    if (!journal) return err(fault('NotLive'));
    const known = await askMirror(() => journal.mirror.intent(key));
    if (known.isErr()) return err(known.error);
    if (known.value && !isHold(known.value))
      return known.value.requestHash === requestHash ? answerOf(known.value) : err(fault('KeyReused'));
    if (holds.includes('not-live') || !session) return err(fault('NotLive'));
    if (holds.length > 0) return err(fault('BookingsHeld'));
    const { writer } = session.link;
    if (!writer) return err(fault('ReadOnlyClinic'));
    const carried = await carryOut(session, writer);
    if (carried.isErr()) {
      // The mirror may have failed after the statement was sent.
      const left = journal.tentative.doubts().find((intent) => intent.key === key);
      if (left) void this.settleLater(session, left, true);
      return err(carried.error);
    }
    if (!carried.value.outcome) void this.settleLater(session, carried.value);
    return answerOf(carried.value);
  }

  /** Whoever asks while it is being settled on this link waits for that. */
  private async settleOnce(session: LinkSession, intent: Intent): Promise<Settled> {
    const other = this.settling.get(intent.key);
    if (other?.session === session) return other.settled;
    const settled = settle(session, intent);
    this.settling.set(intent.key, { session, settled });
    try {
      return await settled;
    } finally {
      if (this.settling.get(intent.key)?.settled === settled) this.settling.delete(intent.key);
    }
  }

  /** Tries until it is settled, more and more seldom. A link that fails meanwhile leaves it to the resync after it. */
  private async settleLater(session: LinkSession, intent: Intent, notYet = false): Promise<void> {
    const { key } = intent;
    if (this.tried.get(key) === session) return;
    this.tried.set(key, session);
    const { runtime, tuning } = session.tools;
    if (notYet) await pause(runtime, tuning.requestTimeoutMs, session.signal);
    let waitMs = tuning.requestTimeoutMs;
    // A clinic that is looked at as a whole, or suspect, is no witness; the resync that ends that settles.
    while (!session.signal.aborted && !this.counter.holds.includes('not-live')) {
      const settled = await this.settleOnce(session, intent);
      // Taking back may have failed, and the doubt is as it was.
      if (settled.isOk() && settled.value.outcome) break;
      await pause(runtime, waitMs, session.signal);
      waitMs = Math.min(2 * waitMs, SETTLE_CAP_MS);
    }
    if (this.tried.get(key) === session) this.tried.delete(key);
  }
}

/** A hold becomes a booking under the same key, and is nothing by itself. */
function isHold({ wish }: Intent): boolean {
  return wish.kind === 'hold';
}

/** What the host hears of a request that was recorded. */
export function answerOf(intent: Intent): Result<Intent, OutcomeError> {
  const { outcome } = intent;
  if (!outcome) return err(fault('InDoubt'));
  switch (outcome.result) {
    case 'booked':
    case 'deleted':
      return ok(intent);
    case 'ambiguous':
      return err(fault('Ambiguous'));
    case 'refused': {
      const { code } = outcome;
      const told =
        code === 'SlotTaken' || code === 'AppointmentGone' || code === 'AppointmentChanged' ? code : 'NotMade';
      return err(fault(told));
    }
  }
}
