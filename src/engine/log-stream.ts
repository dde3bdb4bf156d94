import { Observable, type Subject } from 'rxjs';

import type { Cursor } from '../domain/cursor.js';
import { fault, type MirrorError } from '../domain/errors.js';
import type { ClinicEvent } from '../domain/events.js';
import type { Journal } from './journal.js';
import { readLog } from './log-reader.js';

/** One read of the log; a subscriber never has more than this in memory. */
const PAGE = 500;

/**
 * The log from a cursor on, then what is added to it, without a gap and without a repetition. Live events are only the sign that
 * there is more to read, so however slow a subscriber is, it holds one page.
 */
export function followLog(
  journal: () => Journal | null,
  published: Subject<readonly ClinicEvent[]>,
  after: Cursor,
  /** Hears of a log that cannot be read, so that the mirror is mended. */
  onFault: (error: MirrorError) => void,
): Observable<ClinicEvent> {
  return new Observable<ClinicEvent>((subscriber) => {
    let cursor = after;
    let reading = false;
    let more = false;
    let completed = false;
    const read = async () => {
      reading = true;
      while (more && !subscriber.closed) {
        more = false;
        const open = journal();
        if (!open) break;
        const page = await readLog(open, cursor, PAGE);
        if (page.isErr()) {
          if (page.error.code === 'CursorLost' || page.error.code === 'InvalidArgument') subscriber.error(page.error);
          else onFault(page.error);
          break;
        }
        for (const event of page.value.events) subscriber.next(event);
        cursor = page.value.cursor;
        more ||= page.value.events.length > 0;
      }
      reading = false;
      if (completed) subscriber.complete();
    };
    const wake = () => {
      more = true;
      if (!reading) void read();
    };
    const subscription = published.subscribe({
      next: wake,
      complete: () => {
        completed = true;
        if (!reading) subscriber.complete();
      },
    });
    if (journal()) wake();
    else subscriber.error(fault('NotStarted', 'Call start() before reading the log.'));
    return () => {
      subscription.unsubscribe();
    };
  });
}
