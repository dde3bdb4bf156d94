import { err, type Result } from 'neverthrow';

import { formatCursor, parseCursor, resolveCursor, type Cursor } from '../domain/cursor.js';
import { fault, type ErrorOf, type MirrorErrorCode } from '../domain/errors.js';
import type { ClinicEvent } from '../domain/events.js';
import type { LoggedEvent } from '../mirror/mirror.js';
import { askMirror } from './call.js';
import type { Journal } from './journal.js';

export interface EventPage {
  /** In the order of the log. */
  readonly events: readonly ClinicEvent[];
  /** The place after the last of them; the same as asked for when there were none. */
  readonly cursor: Cursor;
}

type LogError = ErrorOf<MirrorErrorCode | 'CursorLost' | 'InvalidArgument'>;

/**
 * Reads the log from a cursor on. `InvalidArgument`: no cursor at all. `CursorLost`: the place no longer exists, because the
 * mirror lost or rolled back commits, was rebuilt, or let go of events that old.
 */
export async function readLog(journal: Journal, after: Cursor, limit: number): Promise<Result<EventPage, LogError>> {
  const position = parseCursor(after);
  if (!position) return err(fault('InvalidArgument', 'after is not a cursor of this library.', { field: 'after' }));
  const { mirror } = journal;
  const seq = resolveCursor(position, mirror.lineage, mirror.head);
  if (seq === undefined || seq < mirror.oldest - 1) return err(fault('CursorLost'));
  const expected = Math.min(limit, mirror.head - seq);
  const logged = await askMirror(() => mirror.events(seq, limit));
  if (logged.isOk() && !isContiguous(logged.value, seq, expected)) {
    return err(fault('MirrorCorrupt', 'The log lacks events that were committed.'));
  }
  return logged.map((events) => {
    const page = events.map((event) => journal.toEvent(event));
    return { events: page, cursor: page.at(-1)?.cursor ?? formatCursor(position) };
  });
}

function isContiguous(events: readonly LoggedEvent[], after: number, atLeast: number): boolean {
  return events.length >= atLeast && events.every(({ seq }, i) => seq === after + 1 + i);
}
