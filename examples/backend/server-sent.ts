import { ClinicSyncError } from 'clinic-sync';
import type { Context } from 'hono';
import { streamSSE, type SSEMessage, type SSEStreamingApi } from 'hono/streaming';
import type { Observable } from 'rxjs';

import { toProblem } from './problems.js';

/** A reader that is so far behind is sent away; it comes back with `Last-Event-ID` and reads on from the log. */
const MAX_WAITING = 1_000;
/** So that proxies keep the connection, and a browser that has gone is noticed. */
const BEAT_MS = 15_000;

/**
 * Sends everything that a source tells as server-sent events, until it ends or the reader has gone. A source that errs is told of as an
 * event `failed`, with the same body as an HTTP answer would have. `before` is sent first, and waited for.
 */
export function sendAll<T>(
  c: Context,
  source: (from: string | undefined) => Observable<T>,
  toMessage: (value: T) => SSEMessage,
  before: (stream: SSEStreamingApi) => Promise<string | undefined> = () => Promise.resolve(undefined),
): Response {
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => {
      gone.abort();
    });
    const from = await before(stream);
    if (!stream.aborted) await follow(stream, source(from), toMessage, gone.signal);
  });
}

function follow<T>(
  stream: SSEStreamingApi,
  source: Observable<T>,
  toMessage: (value: T) => SSEMessage,
  gone: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const ended = new AbortController();
    let tail = Promise.resolve();
    let waiting = 0;
    const end = () => {
      ended.abort();
      resolve();
    };
    const send = (work: () => Promise<unknown>) => {
      if (++waiting > MAX_WAITING) {
        end();
        return;
      }
      tail = tail.then(async () => {
        if (!ended.signal.aborted) await work();
        waiting--;
      });
    };
    const subscription = source.subscribe({
      next: (value) => send(() => stream.writeSSE(toMessage(value))),
      error: (error: unknown) => {
        send(() => stream.writeSSE({ event: 'failed', data: JSON.stringify(problemOf(error)) }));
        void tail.then(end);
      },
      complete: () => void tail.then(end),
    });
    const beat = setInterval(() => send(() => stream.write(': here\n\n')), BEAT_MS);
    ended.signal.addEventListener('abort', () => {
      clearInterval(beat);
      subscription.unsubscribe();
    });
    if (ended.signal.aborted) subscription.unsubscribe();
    gone.addEventListener('abort', end);
    if (gone.aborted) end();
  });
}

function problemOf(error: unknown) {
  return error instanceof ClinicSyncError
    ? toProblem(error)
    : { error: { code: 'Internal', message: 'Something went wrong here.', retryable: false } };
}
