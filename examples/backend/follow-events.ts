import type { ClinicEvent, ClinicSync, Cursor } from 'clinic-sync';
import type { Context } from 'hono';
import type { SSEMessage, SSEStreamingApi } from 'hono/streaming';

import { refuse } from './problems.js';
import { sendAll } from './server-sent.js';

const PAGE = 500;

const toMessage = (event: ClinicEvent): SSEMessage => ({
  id: event.cursor,
  event: event.type,
  data: JSON.stringify(event),
});

/**
 * A clinic's events, each with its cursor as its id: a browser that reconnects sends the last one as `Last-Event-ID` and misses nothing.
 * `?after=` is for whoever begins with a snapshot. Neither: from now on. 410 where that place in the log is gone: take a snapshot.
 */
export async function followEvents(c: Context, sync: ClinicSync): Promise<Response> {
  const after = c.req.header('Last-Event-ID') ?? c.req.query('after');
  if (!after) return sendAll(c, () => sync.events$, toMessage);
  const first = await sync.readEvents({ after, limit: 1 });
  if (first.isErr()) return refuse(c, first.error);
  return sendAll(
    c,
    (from = after) => sync.events({ after: from }),
    toMessage,
    (stream) => catchUp(stream, sync, after),
  );
}

/** What the log has, at the pace of whoever reads it; answers with the place that was reached. */
async function catchUp(stream: SSEStreamingApi, sync: ClinicSync, after: Cursor): Promise<Cursor> {
  let from = after;
  while (!stream.aborted) {
    const page = await sync.readEvents({ after: from, limit: PAGE });
    // `events` meets the same error, and tells it.
    if (page.isErr() || page.value.events.length === 0) break;
    for (const event of page.value.events) await stream.writeSSE(toMessage(event));
    from = page.value.cursor;
  }
  return from;
}
