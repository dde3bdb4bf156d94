import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { okAsync } from 'neverthrow';

import { fault } from '../../domain/errors.js';
import { DAY, type Instant } from '../../domain/instant.js';
import { decodeRow } from '../sql/decode.js';
import { isTaken } from '../sql/guard.js';
import { inWriteSession } from '../sql/in-write-session.js';
import { namedRow, type NamedRow } from '../sql/named-row.js';
import type { SessionPool } from '../sql/pool.js';
import { readToken, returnedColumns } from '../sql/read.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget, Cell } from '../sql/target.js';
import { fullWall } from '../sql/time/texts.js';
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
    delete: (order) => {
      const row = namedRow(target, order.id);
      return row
        ? session.write(order.signal, (db) =>
            cleanly(db, () => remove(db, target, row, order, mayWrite(order.deadline))),
          )
        : okAsync({ outcome: 'gone' });
    },
    findToken: (search) => session.look(search.signal, (db) => readToken(db, target, search)),
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
    declare @done int, @id numeric(38, 0), @may bit, @made nvarchar(200);
    begin transaction;
    ${statement};
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
  const source = target.sourceOf(order.slot);
  const cells = target.row(order);
  const { procedure } = target;
  const isFree = sql<boolean>`${mayWrite} and not ${isTaken(sources, order.slot)}`;
  const insert = procedure
    ? sql`if ${isFree} exec ${sql.id(...procedure.path)} ${sql.join([...procedure.arguments(order), sql`@made output`])};
      set @done = case when @made is null then 0 else 1 end`
    : inserting(source, cells, isFree);
  const { only } = source.id;
  const chosen = only && cells.find(({ column }) => column === only.column);
  const isNew = procedure
    ? sql`${source.columns[0] ?? sql`null`} = @made`
    : chosen
      ? sql`${only.reference} = ${chosen.value}`
      : only && isNumbered
        ? sql`${only.reference} = ${numberLike(only.type)}`
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
  const decoded = texts.columns[0] === null || rows.length > 1 ? undefined : decodeRow(source, texts);
  // Gone again already, or a trigger of the clinic's made something of it that cannot be read or found.
  if (!decoded || 'skipped' in decoded) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: decoded.record };
}

function inserting(source: Source, cells: readonly Cell[], where: RawBuilder<boolean>): RawBuilder<unknown> {
  const columns = sql.join(cells.map(({ column }) => sql.id(column)));
  const values = sql.join(cells.map(({ value }) => value));
  return sql`
    insert into ${sql.id(...source.path)} (${columns})
    select ${values} where ${where};
    select @done = @@rowcount, @id = scope_identity()
  `;
}

/** Of the column's own type: compared with a wider one, the column would be converted, and no index used. */
function numberLike(type: string): RawBuilder<unknown> {
  return WHOLE.has(type) ? sql`cast(@id as ${sql.raw(type)})` : sql`@id`;
}

async function remove(
  db: QueryExecutorProvider,
  target: BookingTarget,
  { source, isIt, id }: NamedRow,
  order: DeleteOrder,
  mayWrite: RawBuilder<boolean>,
): Promise<DeleteAnswer> {
  const hash = source.serverHash?.text ?? sql<string>`N''`;
  // The hash has the id in it, to the letter, whatever the collation takes for equal.
  const where = sql<boolean>`${isIt} and ${hash} = ${order.hash} and ${mayWrite}`;
  const deletion = batch(
    removing(target, source, id, where),
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

function removing(
  { removal }: BookingTarget,
  source: Source,
  id: string,
  where: RawBuilder<boolean>,
): RawBuilder<unknown> {
  switch (removal.kind) {
    case 'delete':
      return sql`delete t from ${source.from} where ${where}; set @done = @@rowcount`;
    case 'set': {
      const set = sql.join(removal.cells.map(({ column, value }) => sql`${sql.id(column)} = ${value}`));
      return sql`update t set ${set} from ${source.from} where ${where}; set @done = @@rowcount`;
    }
    case 'procedure':
      return sql`
        set @done = case when exists (select 1 from ${source.from} where ${where}) then 1 else 0 end;
        if @done > 0 exec ${sql.id(...removal.path)} ${sql.join(removal.arguments(id))}
      `;
  }
}
