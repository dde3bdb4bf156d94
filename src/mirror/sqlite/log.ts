import type { EventBody } from '../../domain/events.js';
import type { Instant } from '../../domain/instant.js';
import type { LoggedEvent } from '../mirror.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { statement } from './statement.js';

interface OfClinic extends Readonly<Record<string, number>> {
  readonly clinic: number;
}

const APPEND = statement<{ clinic: number; seq: number; at: number; body: string }>()((db, p) =>
  db.insertInto('log').values({ clinic: p.clinic, seq: p.seq, at: p.at, body: p.body }),
);

const AFTER = statement<{ clinic: number; after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('log')
    .select(['seq', 'at', 'body'])
    .where('clinic', '=', p.clinic)
    .where('seq', '>', p.after)
    .orderBy('seq')
    .limit(p.limit),
);

const OLDEST = statement<OfClinic>()((db, p) =>
  db.selectFrom('log').select('seq').where('clinic', '=', p.clinic).orderBy('seq').limit(1),
);

const NEWEST = statement<OfClinic>()((db, p) =>
  db.selectFrom('log').select('seq').where('clinic', '=', p.clinic).orderBy('seq', 'desc').limit(1),
);

const OLDEST_TO_KEEP = statement<{ clinic: number; before: number }>()((db, p) =>
  db.selectFrom('log').select('seq').where('clinic', '=', p.clinic).where('at', '>=', p.before).orderBy('seq').limit(1),
);

const FORGET = statement<{ clinic: number; below: number }>()((db, p) =>
  db.deleteFrom('log').where('clinic', '=', p.clinic).where('seq', '<', p.below),
);

/** Appends after `head`, numbering on. */
export function appendEvents(
  connection: Connection,
  clinic: number,
  head: number,
  events: readonly EventBody[],
): LoggedEvent[] {
  return events.map((body, i) => {
    const seq = head + 1 + i;
    connection.runValues(APPEND, [clinic, seq, body.at, JSON.stringify(body)]);
    return { seq, body };
  });
}

export function readEvents(connection: Connection, clinic: number, after: number, limit: number): LoggedEvent[] {
  return connection.all(AFTER, { clinic, after, limit }).map((kept, i) => {
    if (kept.seq !== after + 1 + i) throw damaged('log.seq');
    return { seq: kept.seq, body: decodeBody(kept.body, kept.at) };
  });
}

function decodeBody(text: string, at: Instant): EventBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw damaged('log.body');
  }
  const kept = body as Partial<EventBody> | null;
  if (typeof kept !== 'object' || kept?.at !== at || typeof kept.type !== 'string') throw damaged('log.body');
  return body as EventBody;
}

/** Where the log begins; throws when it does not end at `head`, or begins where no log can. */
export function oldestEvent(connection: Connection, clinic: number, head: number): number {
  const newest = connection.get(NEWEST, { clinic })?.seq;
  if (newest === undefined) return head + 1;
  const oldest = connection.get(OLDEST, { clinic })?.seq ?? 0;
  if (newest !== head || oldest < 1 || oldest > head) throw damaged('log.seq');
  return oldest;
}

/** What `trimLog` keeps from: the first event that was not observed before an instant, or the next one to come. */
export function oldestToKeep(connection: Connection, clinic: number, before: Instant, head: number): number {
  const seq = connection.get(OLDEST_TO_KEEP, { clinic, before })?.seq ?? head + 1;
  if (seq < 1 || seq > head + 1) throw damaged('log.seq');
  return seq;
}

/** Forgets what comes before `below`. */
export function forgetEvents(connection: Connection, clinic: number, below: number): void {
  connection.run(FORGET, { clinic, below });
}
