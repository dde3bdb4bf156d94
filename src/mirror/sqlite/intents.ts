import { hash } from 'node:crypto';

import type { Instant } from '../../domain/instant.js';
import { keptUntil, type Intent } from '../../domain/intent.js';
import type { OwnBooking } from '../mirror.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { statement } from './statement.js';
import { encodeText } from './text.js';

const FIND = statement<{ clinic: number; key: string }>()((db, p) =>
  db.selectFrom('intent').select(['body', 'sum']).where('clinic', '=', p.clinic).where('key', '=', p.key),
);

const OPEN = statement<{ clinic: number }>()((db, p) =>
  db
    .selectFrom('intent')
    .select(['body', 'sum'])
    .where('clinic', '=', p.clinic)
    .where('kept_until', 'is', null)
    .orderBy('place'),
);

const LAST = statement<{ clinic: number }>()((db, p) =>
  db
    .selectFrom('intent')
    .select(({ fn }) => fn.max('place').as('place'))
    .where('clinic', '=', p.clinic),
);

// A type alias has an index signature, which an interface has not.
type Kept = {
  clinic: number;
  key: string;
  kept_until: number | null;
  booked: string | null;
  body: string;
  sum: string;
};

const CHANGE = statement<Kept>()((db, p) =>
  db
    .updateTable('intent')
    .set({ kept_until: p.kept_until, booked: p.booked, body: p.body, sum: p.sum })
    .where('clinic', '=', p.clinic)
    .where('key', '=', p.key),
);

const ADD = statement<Kept & { place: number }>()((db, p) =>
  db.insertInto('intent').values({
    clinic: p.clinic,
    key: p.key,
    place: p.place,
    kept_until: p.kept_until,
    booked: p.booked,
    body: p.body,
    sum: p.sum,
  }),
);

const BOOKED = statement<{ clinic: number; booked: string }>()((db, p) =>
  db.selectFrom('intent').select(['body', 'sum']).where('clinic', '=', p.clinic).where('booked', '=', p.booked),
);

const TRIM = statement<{ clinic: number; before: number }>()((db, p) =>
  db.deleteFrom('intent').where('clinic', '=', p.clinic).where('kept_until', '<', p.before),
);

const SOME_TO_TRIM = statement<{ clinic: number; before: number }>()((db, p) =>
  db.selectFrom('intent').select('place').where('clinic', '=', p.clinic).where('kept_until', '<', p.before).limit(1),
);

/** An intent that is recorded again keeps its place. */
export function putIntents(connection: Connection, clinic: number, intents: readonly Intent[]): void {
  for (const intent of intents) {
    const body = JSON.stringify(intent);
    const { outcome } = intent;
    const booked = outcome?.result === 'booked' ? encodeText(outcome.row.id) : null;
    const kept = { clinic, key: encodeText(intent.key), kept_until: keptUntil(intent), booked, body, sum: sumOf(body) };
    if (connection.run(CHANGE, kept) > 0) continue;
    const place = (connection.get(LAST, { clinic })?.place ?? 0) + 1;
    connection.run(ADD, { ...kept, place });
  }
}

export function findIntent(connection: Connection, clinic: number, key: string): Intent | undefined {
  const kept = connection.get(FIND, { clinic, key: encodeText(key) });
  return kept && decode(kept);
}

export function openIntents(connection: Connection, clinic: number): Intent[] {
  return connection.all(OPEN, { clinic }).map(decode);
}

export function bookingsOf(connection: Connection, clinic: number, ids: readonly string[]): OwnBooking[] {
  return ids.flatMap((id) =>
    connection
      .all(BOOKED, { clinic, booked: encodeText(id) })
      .map(decode)
      .flatMap(({ key, outcome }) => (outcome?.result === 'booked' ? [{ key, row: outcome.row }] : [])),
  );
}

export function hasIntentsToTrim(connection: Connection, clinic: number, before: Instant): boolean {
  return connection.get(SOME_TO_TRIM, { clinic, before }) !== undefined;
}

export function trimIntents(connection: Connection, clinic: number, before: Instant): void {
  connection.run(TRIM, { clinic, before });
}

function decode({ body, sum }: { readonly body: string; readonly sum: string }): Intent {
  if (sumOf(body) !== sum) throw damaged('intent.body');
  return JSON.parse(body) as Intent;
}

/** Shows damage; nobody is kept out by it. */
function sumOf(body: string): string {
  return hash('sha1', body).slice(0, 12);
}
