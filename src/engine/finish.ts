import { ok, type Result } from 'neverthrow';

import type { ClinicWriter } from '../adapters/writer.js';
import type { AdapterError, ErrorCode, MirrorError } from '../domain/errors.js';
import type { EngineEvent } from '../domain/events.js';
import type { Intent, IntentOutcome, SlotPlace } from '../domain/intent.js';
import type { RowIdentity, StoredRow } from '../domain/row.js';
import type { SlotRef } from '../domain/slot.js';
import { askClinic } from './call.js';
import { isFull, lookAgain, lookAround, lookedAgain } from './look.js';
import { closed } from './intents.js';
import { pause } from './runtime.js';
import type { LinkSession } from './session.js';
import { writeThrough } from './write-through.js';

/** How long an answer waits at the most for the look that brings what it tells into the copy. */
const OWN_LOOK_MS = 1_000;

const identityOf = (stored: StoredRow): RowIdentity => ({ id: stored.row.id, fingerprint: stored.fingerprint });

/** The last part of a request, the same whether the clinic has just answered or a doubt is being settled. */
export class Finish {
  constructor(
    private readonly session: LinkSession,
    private readonly writer: ClinicWriter,
    /** A doubt is being settled, and the host is told how it ended. */
    private readonly settling: boolean,
  ) {}

  /** Our row is there. It stays unless somebody else's is in its way. Answers the intent, closed or still in doubt. */
  async booked(
    intent: Intent,
    slot: SlotRef & Partial<SlotPlace>,
    row: StoredRow,
  ): Promise<Result<Intent, MirrorError>> {
    const ours = { ...intent, row: identityOf(row) };
    if (intent.state === 'withdrawing') return this.withdraw(ours, row, []);
    const since = this.since;
    const look = await lookAround(this.session, slot, row.row.id);
    if (look.isErr()) return this.keep({ ...ours, state: 'committed' });
    const { others } = look.value;
    if (!isFull(slot, others)) {
      const seen = look.value.ours ? { since, rows: [look.value.ours] } : undefined;
      return this.close(ours, { result: 'booked', row: identityOf(row) }, seen);
    }
    lookAgain(
      this.session,
      others.map((other) => other.row.id),
    );
    const withdrawing = await this.keep({ ...ours, state: 'withdrawing' });
    return withdrawing.isErr() ? withdrawing : this.withdraw(withdrawing.value, row, others.map(identityOf));
  }

  /** Nothing of ours is at the clinic. */
  refused(intent: Intent, code: ErrorCode): Promise<Result<Intent, MirrorError>> {
    return this.close(intent, { result: 'refused', code });
  }

  /** The row that was to go is gone. */
  deleted(intent: Intent, since: number): Promise<Result<Intent, MirrorError>> {
    return this.close(intent, { result: 'deleted' }, { since, rows: [] });
  }

  ambiguous(intent: Intent): Promise<Result<Intent, MirrorError>> {
    return this.close(intent, { result: 'ambiguous' });
  }

  /** Records how far it has come, without an outcome. Not after the link's end: its successor may have settled it by then. */
  private async keep(intent: Intent): Promise<Result<Intent, MirrorError>> {
    if (this.session.signal.aborted) return ok(intent);
    const kept = await this.session.tools.journal.commit({ intents: [intent] });
    return kept.map(() => intent);
  }

  /** Takes our row back, because somebody else's is in its way. One that has been changed meanwhile is not ours to take. */
  private async withdraw(
    intent: Intent,
    row: StoredRow,
    others: readonly RowIdentity[],
  ): Promise<Result<Intent, MirrorError>> {
    const { runtime, tuning } = this.session.tools;
    const deadline = this.session.clinicNow() + tuning.writeDeadlineMs;
    const since = this.since;
    const answer = await askClinic(runtime, tuning.requestTimeoutMs, this.session.signal, (signal) =>
      this.writer.delete({ id: row.row.id, hash: row.hash, deadline, signal }),
    );
    if (answer.isErr() || answer.value.outcome === 'unsent') return this.keep({ ...intent, deadline });
    const { outcome } = answer.value;
    const refused = { result: 'refused', code: 'SlotTaken' } as const;
    if (outcome === 'deleted') return this.close(intent, refused, { since, rows: [] });
    // Somebody else took it out, and may have given its id to a blockout, which is no appointment but is there.
    if (outcome === 'gone') return this.close(intent, refused);
    const ours = identityOf(row);
    return this.close(intent, { result: 'booked', row: ours }, undefined, [
      { type: 'conflict.detected', ours, others },
    ]);
  }

  /** Has the row looked at, and waits for that, a while at the most. */
  private async untilLooked(id: string): Promise<void> {
    const over = new AbortController();
    void lookedAgain(this.session, [id]).then(() => {
      over.abort();
    });
    const { tools, signal } = this.session;
    await pause(tools.runtime, OWN_LOOK_MS, AbortSignal.any([signal, over.signal]));
  }

  /** How many reconciles have ended by now. */
  private get since(): number {
    return this.session.tools.touched.finished;
  }

  /** `seen`: what the clinic has under the request's row, and from when that is; absent: somebody has to look. */
  private async close(
    intent: Intent,
    outcome: IntentOutcome,
    seen?: { readonly since: number; readonly rows: readonly StoredRow[] },
    events: readonly EngineEvent[] = [],
  ): Promise<Result<Intent, MirrorError>> {
    const { tools, signal } = this.session;
    const final = closed(intent, outcome, tools.runtime.now());
    const settled: EngineEvent[] = this.settling ? [{ type: 'request.settled', outcome }] : [];
    const id = intent.wish.kind === 'deletion' ? intent.wish.row.id : intent.row?.id;
    const keys = id === undefined || !seen ? [] : [{ stream: 'busy' as const, id }];
    const { since = 0, rows = [] } = seen ?? {};
    const change = { intent: final, keys, since, rows, events: [...events, ...settled] };
    const written = await writeThrough(tools, change, signal);
    if (id !== undefined && (!seen || since !== this.since)) {
      // Whoever asked shall find in the copy what he was told. A settlement is itself what the line is at work on.
      if (this.settling) lookAgain(this.session, [id]);
      else await this.untilLooked(id);
    }
    return written.map(() => final);
  }
}

/**
 * Whether the clinic has refused a statement for certain; anything else leaves a doubt. A server that is being shut down (SQLSTATE
 * class 57P) may have committed before it said so.
 */
export function isRefusal({ code, driverCode = '' }: AdapterError): boolean {
  const certain: readonly ErrorCode[] = ['ClinicBusy', 'PermissionDenied', 'SchemaMismatch', 'Unstorable'];
  return certain.includes(code) && !driverCode.startsWith('57P');
}
