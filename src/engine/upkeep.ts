import { ok, type Result } from 'neverthrow';

import type { MirrorError } from '../domain/errors.js';
import { auditMirror } from './audit.js';
import type { Journal } from './journal.js';
import type { LinkSession } from './session.js';
import { sweepHolds } from './slot-hold.js';
import { advanceWindow } from './window.js';

/** What the mirror of a live clinic needs from time to time; between reconciles, never beside one. */

/** Moves the window on at the clinic's midnight, while the clocks agree. */
export async function advanceIfDue(session: LinkSession, journal: Journal): Promise<Result<void, MirrorError>> {
  const next = session.dueCutoff();
  if (next <= (journal.facts.cutoff ?? next)) return ok();
  return session.line.exclusively(() => advanceWindow(session.tools, next));
}

/** Checks the mirror's rows, and lets go of holds that have ended and of events beyond the log's retention. */
export async function tidy(session: LinkSession, journal: Journal): Promise<Result<void, MirrorError>> {
  const { tools } = session;
  const { runtime, tuning } = tools;
  const audited = await session.line.exclusively(() =>
    journal.undisturbed(() => auditMirror(journal.mirror, tools.index, tools.zone)),
  );
  const swept = audited.isErr() ? audited : await sweepHolds(journal, runtime);
  const trimmed = swept.isErr() ? swept : await journal.trim(runtime.now() - tuning.logRetentionMs);
  return trimmed.map(() => undefined);
}
