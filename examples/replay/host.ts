/** A backend that dies. It keeps a table of its own in step with the clinic, and the cursor beside it in the same transaction. */
import { DatabaseSync } from 'node:sqlite';

import { ClinicSync, isRowEvent, type ClinicEvent } from 'clinic-sync';
import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
import { sqliteAdapter } from 'clinic-sync/sqlite';

import { SCHEMA } from '../practice/practice.js';

const [, , path = '', mirror = '', backend = ''] = process.argv;
const db = new DatabaseSync(backend, { timeout: 5_000 });
// Whoever started it has gone.
process.on('disconnect', () => process.exit());
db.exec(`create table if not exists appointments (id text primary key, doctor text, start integer);
  create table if not exists place (only integer primary key check (only = 1), cursor text)`);
const saved = db.prepare('select cursor from place').get() as { cursor: string } | undefined;

const sync = new ClinicSync({
  clinicId: 'northcote',
  adapter: sqliteAdapter({ path, schema: SCHEMA }),
  mirror: sqliteMirror({ path: mirror }),
});
const started = await sync.start();
if (started.isErr()) throw started.error;

/** Rows and cursor change together, so that a crash between them cannot be. */
function take(event: ClinicEvent): void {
  db.exec('begin');
  if (isRowEvent(event) && event.row.kind === 'appointment') {
    const { id, practitionerIds, start } = event.row;
    if (event.type === 'appointment.created')
      db.prepare('insert into appointments values (?, ?, ?)').run(id, practitionerIds.join(), start);
    else db.prepare('delete from appointments where id = ?').run(id);
  }
  db.prepare('insert or replace into place values (1, ?)').run(event.cursor);
  db.exec('commit');
  process.send?.({ type: event.type });
}

/** A cursor that is no more, or none yet: everything anew. */
async function snapshot(): Promise<string> {
  const { rows, cursor } = (await sync.snapshot())._unsafeUnwrap();
  db.exec('begin; delete from appointments');
  for (const { row } of rows) {
    if (row.kind === 'appointment')
      db.prepare('insert into appointments values (?, ?, ?)').run(row.id, row.practitionerIds.join(), row.start);
  }
  db.prepare('insert or replace into place values (1, ?)').run(cursor);
  db.exec('commit');
  process.send?.({ type: 'snapshot taken' });
  return cursor;
}

function follow(after: string): void {
  sync.events({ after }).subscribe({
    next: take,
    error: () => void snapshot().then(follow),
  });
}

follow(saved?.cursor ?? (await snapshot()));
process.send?.({ type: saved ? 'resumed from its cursor' : 'begun' });
