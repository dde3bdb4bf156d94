import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import { DAY, type Instant } from '../../domain/instant.js';
import { decodeRow } from '../sql/decode.js';
import { isTaken } from '../sql/guard.js';
import { inwardId } from '../sql/ids.js';
import { inWriteSession } from '../sql/in-write-session.js';
import type { SessionPool } from '../sql/pool.js';
import { readWhere, returnedColumns } from '../sql/read.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget } from '../sql/target.js';
import { fullWall } from '../sql/times.js';
import { unfitText } from '../sql/unfit.js';
import type { BookAnswer, BookOrder, ClinicWriter, DeleteAnswer, DeleteOrder } from '../writer.js';
import { againAfter, toFault } from './errors.js';
import type { Ownership } from './server.js';
import { WHOLE } from './types.js';

/** What was inserted or deleted is undone when the deadline has passed meanwhile; what has not, is written to the log. */
const COMMIT_MS = 2_000;

export interface WriterFacts {
  readonly ownership: Ownership | null;
  /** Whether the appointments number themselves. */
  readonly isNumbered: boolean;
}

/**
 * Books and deletes with one batch each, that the server runs to its end by itself: a transaction that looks at the clock once
 * more before it commits. Nothing is asked of `OUTPUT`, which a table with triggers refuses, and nothing of `MERGE`.
 */
export function mssqlWriter(
  pool: SessionPool,
  sources: readonly Source[],
  target: BookingTarget,
  { ownership, isNumbered }: WriterFacts,
): ClinicWriter {
  const { source } = target;
  const session = inWriteSession(pool, toFault, againAfter);
  const holds = ownership?.holds ?? sql<boolean>`1 = 1`;
  const mayWrite = (deadline: Instant) =>
    sql<boolean>`(sysutcdatetime() < cast(${fullWall(deadline, 'T')} as datetime2(3)) and ${holds})`;
  return {
    hasTokens: target.hasTokens,
    statementLimitMs: COMMIT_MS,
    details: target.details,
    check: (slot, details) => target.check(slot, details),
    book: (order) =>
      session.write(order.signal, (db) =>
        cleanly(db, () => book(db, sources, target, order, mayWrite(order.deadline), isNumbered)),
      ),
    delete: (order) =>
      session.write(order.signal, (db) => cleanly(db, () => remove(db, source, order, mayWrite(order.deadline)))),
    findToken: ({ token, from, signal }) =>
      session.look(signal, (db) => readWhere(db, source, sql`${source.start.from(from)} and ${target.carries(token)}`)),
  };
}

/** A failed batch has undone its transaction (XACT_ABORT); where a server does not, it would hold locks until the next one. */
async function cleanly<T>(db: Kysely<object>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await sql`if @@trancount > 0 rollback transaction`.execute(db).catch(() => undefined);
    throw error;
  }
}

/** What the question answered; a trigger of the clinic's may have answered something before it. */
function answered<T extends { done: number }>({ rows }: { readonly rows: readonly unknown[] }): T[] {
  return rows.filter((row): row is T => 'done' in Object(row));
}

/** A transaction around one statement, undone when it may not be any more, and after it the question what became of it. */
function batch(
  statement: RawBuilder<unknown>,
  mayWrite: RawBuilder<boolean>,
  question: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`
    set nocount on;
    declare @done int, @id numeric(38, 0), @may bit;
    begin transaction;
    ${statement};
    select @done = @@rowcount, @id = scope_identity();
    set @may = case when ${mayWrite} then 1 else 0 end;
    if @done > 0 and @may = 0 begin rollback transaction; set @done = 0 end else commit transaction;
    ${question}
  `;
}

async function book(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  target: BookingTarget,
  order: BookOrder,
  mayWrite: RawBuilder<boolean>,
  isNumbered: boolean,
): Promise<BookAnswer> {
  const { source } = target;
  const cells = target.row(order);
  const columns = sql.join(cells.map(({ column }) => sql.id(column)));
  const values = sql.join(cells.map(({ value }) => value));
  const insert = sql`
    insert into ${sql.id(...source.path)} (${columns})
    select ${values} where ${mayWrite} and not ${isTaken(sources, order.slot)}
  `;
  const chosen = cells.find(({ column }) => column === source.id.column);
  const isNew = chosen
    ? sql`${source.id.reference} = ${chosen.value}`
    : isNumbered
      ? sql`${source.id.reference} = ${numberLike(source)}`
      : sql`(${source.start.from(order.slot.start - 2 * DAY)} and ${target.carries(order.token)})`;
  const returned = returnedColumns(source);
  const question = sql`select one.done, @may as may, ${returned.columns}
      from (select @done as done) as one left join ${source.from} on one.done > 0 and ${isNew}`;
  const rows = answered<Record<string, string | null> & { done: number; may: boolean }>(
    await batch(insert, mayWrite, question).execute(db),
  );
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.done === 0) return { outcome: row.may ? 'taken' : 'late' };
  const texts = returned.texts(row);
  const decoded = texts[0] === null || rows.length > 1 ? undefined : decodeRow(source, texts);
  // Gone again already, or a trigger of the clinic's made something of it that cannot be read or found.
  if (!decoded || 'skipped' in decoded) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: decoded.record };
}

/** Of the column's own type: compared with a wider one, the column would be converted, and no index used. */
function numberLike({ id }: Source): RawBuilder<unknown> {
  return WHOLE.has(id.type) ? sql`cast(@id as ${sql.raw(id.type)})` : sql`@id`;
}

async function remove(
  db: QueryExecutorProvider,
  source: Source,
  order: DeleteOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<DeleteAnswer> {
  const { label, id } = inwardId('busy', order.id);
  // A text that no column of ours can hold is nobody's id.
  if (label !== 'appointments' || unfitText(id) !== undefined) return { outcome: 'gone' };
  // Without the bar the server would not tell trailing spaces apart.
  const isIt = sql`(${source.isOneOf([id])} and ${source.columns[0] ?? sql`N''`} + N'|' = ${`${id}|`})`;
  const hash = source.serverHash?.text ?? sql<string>`N''`;
  const deletion = batch(
    // The hash has the id in it, to the letter, whatever the collation takes for equal.
    sql`delete t from ${source.from} where ${isIt} and ${hash} = ${order.hash} and ${mayWrite}`,
    mayWrite,
    sql`select @done as done, @may as may,
      case when exists (select 1 from ${source.from} where ${isIt}) then 1 else 0 end as there`,
  );
  const [row] = answered<{ done: number; may: boolean; there: number }>(await deletion.execute(db));
  if (!row) throw fault('ClinicProtocol');
  if (row.done > 0) return { outcome: 'deleted' };
  if (row.there === 0) return { outcome: 'gone' };
  return { outcome: row.may ? 'changed' : 'late' };
}
