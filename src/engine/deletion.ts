import { err, ok, type Result } from 'neverthrow';

import type { ClinicWriter } from '../adapters/writer.js';
import { requestHash } from '../domain/booking.js';
import { fault, type ErrorOf, type MirrorErrorCode } from '../domain/errors.js';
import type { Intent } from '../domain/intent.js';
import type { RowIdentity } from '../domain/row.js';
import { askClinic, askMirror } from './call.js';
import { Finish, isRefusal } from './finish.js';
import { lookAgain } from './look.js';
import { recordIntent } from './intents.js';
import type { LinkSession } from './session.js';

export type AppointmentError = ErrorOf<MirrorErrorCode | 'AppointmentGone' | 'AppointmentChanged'>;

export const deletionHash = ({ id, fingerprint }: RowIdentity): string => requestHash(['delete', id, fingerprint]);

/** Deletes one version of an appointment, and no other row that may have its id by now. */
export async function remove(
  session: LinkSession,
  writer: ClinicWriter,
  key: string,
  { id, fingerprint }: RowIdentity,
): Promise<Result<Intent, AppointmentError>> {
  const { journal, runtime, tuning } = session.tools;
  const mirrored = await askMirror(() => journal.mirror.rowsByKey([{ stream: 'busy', id }]));
  if (mirrored.isErr()) return err(mirrored.error);
  const [row] = mirrored.value;
  if (row?.row.kind !== 'appointment') return err(fault('AppointmentGone'));
  if (row.fingerprint !== fingerprint) return err(fault('AppointmentChanged'));
  const deadline = session.clinicNow() + tuning.writeDeadlineMs;
  const intent = recordIntent(runtime, {
    key,
    wish: { kind: 'deletion', row: { id, fingerprint } },
    requestHash: deletionHash({ id, fingerprint }),
    deadline,
  });
  const recorded = await journal.commit({ intents: [intent] });
  if (recorded.isErr()) return err(recorded.error);
  const since = session.tools.touched.finished;
  const answer = await askClinic(runtime, tuning.requestTimeoutMs, session.signal, (signal) =>
    writer.delete({ id, hash: row.hash, deadline, signal }),
  );
  const finish = new Finish(session, writer, false);
  if (answer.isErr()) return isRefusal(answer.error) ? finish.refused(intent, answer.error.code) : ok(intent);
  switch (answer.value.outcome) {
    case 'unsent':
      return finish.refused(intent, answer.value.error.code);
    case 'deleted':
      return finish.deleted(intent, since);
    case 'late':
      return finish.refused(intent, 'NotMade');
    case 'gone':
    case 'changed':
      lookAgain(session, [id]);
      return finish.refused(intent, answer.value.outcome === 'gone' ? 'AppointmentGone' : 'AppointmentChanged');
  }
}
