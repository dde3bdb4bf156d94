import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import { decodeRow } from '../sql/decode.js';
import { insertWhere, isTaken } from '../sql/guard.js';
import { inwardId } from '../sql/ids.js';
import { inWriteSession } from '../sql/in-write-session.js';
import { returnedColumns, readWhere } from '../sql/read.js';
import type { SessionPool } from '../sql/pool.js';
import { WRITE_TIMEOUT_MS } from '../sql/session.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget } from '../sql/target.js';
import { unfitText } from '../sql/unfit.js';
import type { BookAnswer, BookOrder, ClinicWriter, DeleteAnswer, DeleteOrder } from '../writer.js';
import { againAfter, toFault } from './errors.js';
import type { Ownership } from './server.js';

/** The statement's own timeout ends before the commit begins, which is one write of the server's log. */
const COMMIT_MS = 2_000;

/**
 * Books and deletes with one statement each, that the server runs to its end by itself. Nothing in Postgres keeps a receptionist
 * from the slot meanwhile, nor from committing a row that the statement could not see: the look after the commit finds that one.
 */
export function postgresWriter(
  pool: SessionPool,
  sources: readonly Source[],
  target: BookingTarget,
  ownership: Ownership,
): ClinicWriter {
  const source = sources.find(({ mapping }) => mapping.label === 'appointments') ?? target.source;
  const inTime = (deadline: Instant) =>
    sql<boolean>`clock_timestamp() < ${new Date(deadline).toISOString()}::timestamptz`;
  const mayWrite = (deadline: Instant) => sql<boolean>`(${inTime(deadline)} and ${ownership.holds})`;

  const session = inWriteSession(pool, toFault, againAfter);

  return {
    hasTokens: target.hasTokens,
    statementLimitMs: WRITE_TIMEOUT_MS + COMMIT_MS,
    details: target.details,
    check: (slot, details) => target.check(slot, details),
    book: (order) =>
      session.write(order.signal, (db) => book(db, sources, source, target, order, mayWrite(order.deadline))),
    delete: (order) => session.write(order.signal, (db) => remove(db, source, order, mayWrite(order.deadline))),
    findToken: ({ token, from, signal }) =>
      session.look(signal, (db) => readWhere(db, source, sql`${source.start.from(from)} and ${target.carries(token)}`)),
  };
}

async function book(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  source: Source,
  target: BookingTarget,
  order: BookOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<BookAnswer> {
  const insert = insertWhere(source, target.row(order), sql`${mayWrite} and not ${isTaken(sources, order.slot)}`);
  const returned = returnedColumns(source);
  // What the clock says after the insert was true before it: still in time, and nothing inserted, means taken.
  const { rows } = await sql<Record<string, string | null> & { may: boolean }>`
    with made as (${insert} returning ${returned.columns})
    select made.*, ${mayWrite} as may from (select 1) as one left join made on true
  `.execute(db);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  const texts = returned.texts(row);
  if (texts[0] === null) return { outcome: row.may ? 'taken' : 'late' };
  const decoded = decodeRow(source, texts);
  // A trigger of the clinic's made something of it that cannot be read; it is there all the same.
  if ('skipped' in decoded) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: decoded.record };
}

async function remove(
  db: QueryExecutorProvider,
  source: Source,
  order: DeleteOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<DeleteAnswer> {
  const { label, id } = inwardId('busy', order.id);
  // A text that Postgres cannot hold is nobody's id.
  if (label !== 'appointments' || unfitText(id) !== undefined) return { outcome: 'gone' };
  const isIt = sql<boolean>`(${source.isOneOf([id])} and ${source.columns[0] ?? sql`null`} = ${id})`;
  const hash = source.serverHash?.text ?? sql<string>`''`;
  const { rows } = await sql<{ gone: boolean; there: boolean; may: boolean }>`
    with gone as (
      delete from ${source.from} where ${isIt} and ${hash} = ${order.hash} and ${mayWrite} returning 1
    )
    select exists (select from gone) as gone, exists (select from ${source.from} where ${isIt}) as there,
      ${mayWrite} as may
  `.execute(db);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.gone) return { outcome: 'deleted' };
  // Seen as it was when the statement began.
  if (!row.there) return { outcome: 'gone' };
  return { outcome: row.may ? 'changed' : 'late' };
}
