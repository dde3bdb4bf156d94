import { hash } from 'node:crypto';

import type { Instant } from '../../domain/instant.js';
import type { Intent } from '../../domain/intent.js';
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
    .where('closed_at', 'is', null)
    .orderBy('place'),
);

const LAST = statement<{ clinic: number }>()((db, p) =>
  db
    .selectFrom('intent')
    .select(({ fn }) => fn.max('place').as('place'))
    .where('clinic', '=', p.clinic),
);

const CHANGE = statement<{ clinic: number; key: string; closed_at: number | null; body: string; sum: string }>()(
  (db, p) =>
    db
      .updateTable('intent')
      .set({ closed_at: p.closed_at, body: p.body, sum: p.sum })
      .where('clinic', '=', p.clinic)
      .where('key', '=', p.key),
);

const ADD = statement<{
  clinic: number;
  key: string;
  place: number;
  closed_at: number | null;
  body: string;
  sum: string;
}>()((db, p) =>
  db.insertInto('intent').values({
    clinic: p.clinic,
    key: p.key,
    place: p.place,
    closed_at: p.closed_at,
    body: p.body,
    sum: p.sum,
  }),
);

const TRIM = statement<{ clinic: number; before: number }>()((db, p) =>
  db.deleteFrom('intent').where('clinic', '=', p.clinic).where('closed_at', '<', p.before),
);

/** An intent that is recorded again keeps its place. */
export function putIntents(connection: Connection, clinic: number, intents: readonly Intent[]): void {
  for (const intent of intents) {
    const body = JSON.stringify(intent);
    const kept = { clinic, key: encodeText(intent.key), closed_at: intent.closedAt, body, sum: sumOf(body) };
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
