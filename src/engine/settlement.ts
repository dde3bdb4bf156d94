import { err, ok, type Result } from 'neverthrow';

import type { ClinicWriter } from '../adapters/writer.js';
import type { AdapterError, MirrorError } from '../domain/errors.js';
import { stored } from '../domain/fingerprint.js';
import { DAY } from '../domain/instant.js';
import type { Intent } from '../domain/intent.js';
import type { SlotRef } from '../domain/slot.js';
import { askClinic, askMirror } from './call.js';
import { Finish } from './finish.js';
import { lookAround, readRow } from './look.js';
import { pause } from './runtime.js';
import type { LinkSession } from './session.js';

/** The clinic's clock is read this often at most for one fence; each time the rest is waited for. */
const MAX_WAITS = 2;

export type Settled = Result<Intent, AdapterError | MirrorError>;

/**
 * Ends the doubt about one request, once its fence has passed: after the deadline and the time that a statement may take, by the
 * clinic's own clock, nothing that is still on its way can take effect, and what the clinic has is final.
 */
export async function settle(session: LinkSession, intent: Intent): Promise<Settled> {
  const { writer } = session.link;
  // A login that may no longer write can still look, but not take anything back.
  if (!writer) return ok(intent);
  const passed = await awaitFence(session, writer, intent);
  if (passed.isErr()) return err(passed.error);
  const { journal } = session.tools;
  const present = await askMirror(() => journal.mirror.intent(intent.key));
  if (present.isErr()) return err(present.error);
  return present.value && !present.value.outcome ? settleOpen(session, writer, present.value) : ok(intent);
}

async function settleOpen(session: LinkSession, writer: ClinicWriter, intent: Intent): Promise<Settled> {
  const finish = new Finish(session, writer, true);
  const { wish } = intent;
  if (wish.kind === 'hold') return ok(intent);
  if (wish.kind === 'booking') return settleBooking(session, writer, finish, intent, wish.slot);
  const since = session.tools.touched.finished;
  // The row was in the window when it was to be deleted, and the window begins with the day. Either clock may have been wrong.
  const asked = Math.min(
    intent.recordedAt,
    intent.deadline ?? Infinity,
    session.tools.journal.facts.cutoff ?? Infinity,
  );
  const there = await readRow(session, wish.row.id, asked - 2 * DAY);
  if (there.isErr()) return err(there.error);
  if (!there.value) return finish.deleted(intent, since);
  if (there.value !== 'unclear' && there.value.fingerprint === wish.row.fingerprint)
    return finish.refused(intent, 'NotMade');
  // Edited before our statement came, made unreadable, or deleted by it and its id given to a stranger's: nobody can tell.
  return finish.ambiguous(intent);
}

async function settleBooking(
  session: LinkSession,
  writer: ClinicWriter,
  finish: Finish,
  intent: Intent,
  slot: SlotRef,
): Promise<Settled> {
  const { runtime, tuning } = session.tools;
  if (!writer.hasTokens) {
    // A row that merely looks right may be the receptionist's; where there is none at all, ours is not there either.
    const rows = await lookAround(session, slot, '');
    if (rows.isErr()) return err(rows.error);
    const { others, unclear } = rows.value;
    return others.length === 0 && !unclear ? finish.refused(intent, 'NotMade') : finish.ambiguous(intent);
  }
  // Whoever moves an appointment does not move it into the past, or into yesterday at the most.
  const from = intent.recordedAt - 2 * DAY;
  const found = await askClinic(runtime, tuning.requestTimeoutMs, session.signal, (signal) =>
    writer.findToken({ token: intent.token, from, signal }),
  );
  // The login that writes may be locked out, and the clinic is there all the same: the doubt stays for now.
  if (found.isErr()) return ok(intent);
  const [record, second] = found.value.records;
  if (found.value.skipped.length > 0) return finish.ambiguous(intent);
  if (!record) return finish.refused(intent, intent.state === 'withdrawing' ? 'SlotTaken' : 'NotMade');
  return second ? finish.ambiguous(intent) : finish.booked(intent, slot, stored(record));
}

/** Waits by the clinic's own clock. Bounded by the fence's length, a few seconds. */
async function awaitFence(
  session: LinkSession,
  writer: ClinicWriter,
  intent: Intent,
): Promise<Result<void, AdapterError>> {
  const { link, runtime, tuning } = session.tools;
  const fence = (intent.deadline ?? Number.NEGATIVE_INFINITY) + writer.statementLimitMs;
  const longest = tuning.writeDeadlineMs + writer.statementLimitMs;
  for (let wait = 0; ; wait++) {
    const now = await askClinic(runtime, tuning.requestTimeoutMs, session.signal, (signal) => link.now(signal));
    if (now.isErr()) return err(now.error);
    const rest = fence - now.value + 1;
    // A clock that was set back would keep the doubt for ever: after the whole time has passed by ours, that is enough.
    if (rest <= 0 || wait === MAX_WAITS) return ok();
    await pause(runtime, Math.min(rest, longest), session.signal);
  }
}
