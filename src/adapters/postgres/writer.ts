import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { okAsync } from 'neverthrow';

import { fault } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import { decodeRow } from '../sql/decode.js';
import { insertWhere, isTaken } from '../sql/guard.js';
import { inWriteSession } from '../sql/in-write-session.js';
import { namedRow, type NamedRow } from '../sql/named-row.js';
import { calling } from '../sql/procedure.js';
import { readToken, readWhere, returnedColumns } from '../sql/read.js';
import type { SessionPool } from '../sql/pool.js';
import { WRITE_TIMEOUT_MS } from '../sql/session.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget } from '../sql/target.js';
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
      session.write(order.signal, (db) =>
        (target.procedure ? call : book)(db, sources, target, order, mayWrite(order.deadline)),
      ),
    delete: (order) => {
      const row = namedRow(target, order.id);
      return row
        ? session.write(order.signal, (db) => remove(db, target, row, order, mayWrite(order.deadline)))
        : okAsync({ outcome: 'gone' });
    },
    findToken: (search) => session.look(search.signal, (db) => readToken(db, target, search)),
  };
}

async function book(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  target: BookingTarget,
  order: BookOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<BookAnswer> {
  const source = target.sourceOf(order.slot);
  const insert = insertWhere(source, target.row(order), sql`${mayWrite} and not ${isTaken(sources, order.slot)}`);
  const returned = returnedColumns(source);
  const { rows } = await sql<Record<string, string | null> & { may: boolean }>`
    with made as (${insert} returning ${returned.columns})
    select made.*, ${mayWrite} as may from (select 1) as one left join made on true
  `.execute(db);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  const texts = returned.texts(row);
  if (texts.columns[0] === null) return { outcome: row.may ? 'taken' : 'late' };
  const decoded = decodeRow(source, texts);
  // A trigger of the clinic's made something of it that cannot be read; it is there all the same.
  if ('skipped' in decoded) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: decoded.record };
}

/** The clinic's own function books, under the same guard. The row that it made is seen by the next statement only. */
async function call(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  target: BookingTarget,
  order: BookOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<BookAnswer> {
  const source = target.sourceOf(order.slot);
  const { path = [], arguments: args } = target.procedure ?? {};
  const { rows } = await sql<{ id: string | null; made: boolean; may: boolean }>`
    with made as (
      select ${calling(path, args?.(order) ?? [])}::text as id from (select 1) as one
      where ${mayWrite} and not ${isTaken(sources, order.slot)}
    )
    select (select id from made) as id, (select count(*) > 0 from made) as made, ${mayWrite} as may
  `.execute(db);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (!row.made) return { outcome: row.may ? 'taken' : 'late' };
  const { records } = await readWhere(db, source, source.id.is(row.id ?? ''));
  if (!records[0]) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: records[0] };
}

async function remove(
  db: QueryExecutorProvider,
  target: BookingTarget,
  { source, isIt, id }: NamedRow,
  order: DeleteOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<DeleteAnswer> {
  const where = sql`${isIt} and ${source.serverHash?.text ?? sql<string>`''`} = ${order.hash} and ${mayWrite}`;
  const { rows } = await sql<{ gone: boolean; there: boolean; may: boolean }>`
    with gone as (${removing(target, source, id, where)})
    select (select count(*) > 0 from gone) as gone, exists (select from ${source.from} where ${isIt}) as there,
      ${mayWrite} as may
  `.execute(db);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.gone) return { outcome: 'deleted' };
  // Seen as it was when the statement began.
  if (!row.there) return { outcome: 'gone' };
  return { outcome: row.may ? 'changed' : 'late' };
}

function removing(
  { removal }: BookingTarget,
  source: Source,
  id: string,
  where: RawBuilder<unknown>,
): RawBuilder<unknown> {
  switch (removal.kind) {
    case 'delete':
      return sql`delete from ${source.from} where ${where} returning 1`;
    case 'set': {
      const set = sql.join(removal.cells.map(({ column, value }) => sql`${sql.id(column)} = ${value}`));
      return sql`update ${source.from} set ${set} where ${where} returning 1`;
    }
    case 'procedure':
      return sql`select ${calling(removal.path, removal.arguments(id))} as done from ${source.from} where ${where}`;
  }
}
