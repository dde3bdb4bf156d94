import { NO_FACTS, type MirrorFacts } from '../mirror.js';
import type { Connection } from './connection.js';
import { damaged } from './errors.js';
import { decodeFacts, encodeFacts } from './facts-codec.js';
import { statement } from './statement.js';
import { encodeText } from './text.js';

/** One clinic's line: its facts, and where its rows and log stand. */
export interface ClinicRecord {
  readonly n: number;
  readonly epoch: number;
  readonly head: number;
  readonly copy: number;
  readonly facts: MirrorFacts;
}

const FIND = statement<{ clinic_id: string }>()((db, p) =>
  db.selectFrom('clinic').select('n').where('clinic_id', '=', p.clinic_id),
);

const CREATE = statement<{ clinic_id: string; facts: string }>()((db, p) =>
  db.insertInto('clinic').values({ clinic_id: p.clinic_id, epoch: 0, head: 0, copy: 0, facts: p.facts }).returning('n'),
);

const ADD_COPY = statement<{ clinic: number }>()((db, p) =>
  db.insertInto('copy').values({ clinic: p.clinic }).returning('n'),
);

const SHOW_COPY = statement<{ n: number; copy: number }>()((db, p) =>
  db.updateTable('clinic').set({ copy: p.copy }).where('n', '=', p.n),
);

const READ = statement<{ clinic_id: string }>()((db, p) =>
  db.selectFrom('clinic').selectAll().where('clinic_id', '=', p.clinic_id),
);

const NEXT_EPOCH = statement<{ n: number }>()((db, p) =>
  db
    .updateTable('clinic')
    .set((e) => ({ epoch: e('epoch', '+', 1) }))
    .where('n', '=', p.n)
    .returningAll(),
);

const WRITE = statement<{ n: number; epoch: number; head: number; copy: number; facts: string }>()((db, p) =>
  db
    .updateTable('clinic')
    .set({ head: p.head, copy: p.copy, facts: p.facts })
    .where('n', '=', p.n)
    .where('epoch', '=', p.epoch),
);

const OWNED = statement<{ n: number; epoch: number }>()((db, p) =>
  db.selectFrom('clinic').select('n').where('n', '=', p.n).where('epoch', '=', p.epoch),
);

const DISCARD = statement<{ clinic_id: string }>()((db, p) =>
  db.updateTable('clinic').set({ clinic_id: null, copy: 0 }).where('clinic_id', '=', p.clinic_id),
);

/** Finds or makes a clinic's line and takes it over: every earlier owner is fenced off from here on. */
export function takeOver(connection: Connection, clinicId: string): ClinicRecord {
  const clinic_id = encodeText(clinicId);
  const n = connection.get(FIND, { clinic_id })?.n ?? create(connection, clinic_id);
  const kept = connection.get(NEXT_EPOCH, { n });
  if (!kept) throw damaged('clinic.n');
  return { n, epoch: kept.epoch, head: kept.head, copy: kept.copy, facts: decodeFacts(kept.facts) };
}

/** The line as it stands, whoever owns it; `undefined` where there is none. */
export function readRecord(connection: Connection, clinicId: string): ClinicRecord | undefined {
  const kept = connection.get(READ, { clinic_id: encodeText(clinicId) });
  return kept && { n: kept.n, epoch: kept.epoch, head: kept.head, copy: kept.copy, facts: decodeFacts(kept.facts) };
}

function create(connection: Connection, clinic_id: string): number {
  const n = returned(connection.get(CREATE, { clinic_id, facts: encodeFacts(NO_FACTS) }));
  connection.run(SHOW_COPY, { n, copy: addCopy(connection, n) });
  return n;
}

/** A new, empty copy of a clinic's rows, which does not show yet. */
export function addCopy(connection: Connection, clinic: number): number {
  return returned(connection.get(ADD_COPY, { clinic }));
}

function returned(row: { readonly n: number } | undefined): number {
  if (!row) throw damaged('sqlite_sequence');
  return row.n;
}

/** Answers false, and changes nothing, when a later owner has taken over. */
export function writeRecord(connection: Connection, { n, epoch, head, copy, facts }: ClinicRecord): boolean {
  return connection.run(WRITE, { n, epoch, head, copy, facts: encodeFacts(facts) }) === 1;
}

export function isOwner(connection: Connection, { n, epoch }: { readonly n: number; readonly epoch: number }): boolean {
  return connection.get(OWNED, { n, epoch }) !== undefined;
}

/** Takes the name off a clinic's line. What hangs on it, damaged or not, is never read again. */
export function discardRecord(connection: Connection, clinicId: string): void {
  connection.run(DISCARD, { clinic_id: encodeText(clinicId) });
}
