import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { okAsync } from 'neverthrow';

import { fault } from '../../domain/errors.js';
import { DAY, SECOND, type Instant } from '../../domain/instant.js';
import { decodeRow } from '../sql/decode.js';
import { isTaken } from '../sql/guard.js';
import { inWriteSession } from '../sql/in-write-session.js';
import { namedRow, type NamedRow } from '../sql/named-row.js';
import type { SessionPool } from '../sql/pool.js';
import { calling } from '../sql/procedure.js';
import { readToken, returnedColumns } from '../sql/read.js';
import { WRITE_TIMEOUT_MS } from '../sql/session.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget, Cell } from '../sql/target.js';
import { fullWall } from '../sql/time/texts.js';
import type { BookAnswer, BookOrder, ClinicWriter, DeleteAnswer, DeleteOrder } from '../writer.js';
import { hashOf } from './digest.js';
import { againAfter, toFault } from './errors.js';
import type { Ownership } from './server.js';

/** A statement that ran out of its time is not committed any more; one that has not, is written to the log. */
const COMMIT_MS = 2 * SECOND;
/** MySQL has no limit for statements that write: each wait for a lock ends after two seconds, and there can be a few. */
const MYSQL_LIMIT_MS = 10 * SECOND;

/** After how long at the latest a statement of ours has ended. */
export function statementLimitMs(isMariadb: boolean): number {
  return isMariadb ? WRITE_TIMEOUT_MS + COMMIT_MS : MYSQL_LIMIT_MS;
}

export interface WriterFacts {
  readonly ownership: Ownership;
  readonly isMariadb: boolean;
  /** Columns of the appointments that number themselves, in lower case. */
  readonly counters: readonly string[];
  /** What the guard reads is locked until the booking is committed; see `guard.ts`. */
  readonly locks: boolean;
  /** Whether several statements may travel together; not over a connection of the caller's, whose settings we do not know. */
  readonly oneMessage: boolean;
}

/**
 * Books and deletes with one statement each, that the server runs to its end by itself. Where it may, the insert's guard locks
 * what it reads until the insert is committed: it waits for a receptionist's open insert into the slot (on MariaDB by letting go
 * and asking again, see `settings.ts`), and a receptionist who comes later waits for it. Elsewhere the look after the commit finds what the guard could not see.
 */
export function mysqlWriter(
  pool: SessionPool,
  sources: readonly Source[],
  target: BookingTarget,
  { ownership, isMariadb, counters, locks, oneMessage }: WriterFacts,
): ClinicWriter {
  const session = inWriteSession(pool, toFault, (error) => againAfter(error, !isMariadb));
  const mayWrite = (deadline: Instant) =>
    sql<boolean>`(sysdate(3) < ${fullWall(deadline, ' ')} and ${ownership.holds})`;
  return {
    hasTokens: target.hasTokens,
    statementLimitMs: statementLimitMs(isMariadb),
    details: target.details,
    check: (slot, details) => target.check(slot, details),
    book: (order) =>
      session.write(order.signal, (db) =>
        book(db, sources, target, order, { mayWrite: mayWrite(order.deadline), counters, locks, oneMessage }),
      ),
    delete: (order) => {
      const row = namedRow(target, order.id);
      return row
        ? session.write(order.signal, (db) => remove(db, target, row, order, mayWrite(order.deadline), oneMessage))
        : okAsync({ outcome: 'gone' });
    },
    findToken: (search) => session.look(search.signal, (db) => readToken(db, target, search)),
  };
}

/** Runs statements one after the other, in one message where that may be. Answers the rows of the last one. */
async function inTurn<T>(
  db: QueryExecutorProvider,
  oneMessage: boolean,
  statements: readonly RawBuilder<unknown>[],
): Promise<T[]> {
  const messages = oneMessage ? [sql.join(statements, sql`; `)] : statements;
  let rows: unknown[] = [];
  for (const message of messages) ({ rows } = await sql`${message}`.execute(db));
  return rows as T[];
}

async function book(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  target: BookingTarget,
  order: BookOrder,
  {
    mayWrite,
    counters,
    locks,
    oneMessage,
  }: Pick<WriterFacts, 'counters' | 'locks' | 'oneMessage'> & { readonly mayWrite: RawBuilder<boolean> },
): Promise<BookAnswer> {
  const source = target.sourceOf(order.slot);
  const cells = target.row(order);
  const returned = returnedColumns(source);
  // The clock again after the guard, which may have waited. What it says after the insert was true before it: still in time, and
  // nothing inserted, means taken.
  const isFree = sql<boolean>`(${mayWrite} and not ${isTaken(sources, order.slot)} and ${mayWrite})`;
  const { procedure } = target;
  const isNew = procedure
    ? sql<boolean>`${source.id.only?.reference ?? sql`null`} = @clinic_sync_id`
    : isNewRow(source, target, order, cells, counters);
  const make = procedure
    ? callingWhere(db, isFree, calling(procedure.path, [...procedure.arguments(order), sql`@clinic_sync_id`]))
    : [inserting(source, cells, isFree)];
  const made = procedure ? sql`(@clinic_sync_id is not null)` : sql`row_count()`;
  const rows = await inTurn<Record<string, string | null> & { made: number; may: number }>(db, oneMessage, [
    ...(locks ? [] : [sql`set transaction isolation level read committed`]),
    ...make,
    sql`
      select one.made, ${mayWrite} as may, ${returned.columns}
      from (select ${made} as made) as one
      left join ${source.from} on one.made > 0 and ${isNew}
    `,
  ]);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.made <= 0) return { outcome: row.may ? 'taken' : 'late' };
  const texts = returned.texts(row);
  const decoded = texts.columns[0] === null || rows.length > 1 ? undefined : decodeRow(source, texts);
  // Gone again already, or a trigger of the clinic's made something of it that cannot be read or found.
  if (!decoded || 'skipped' in decoded) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: decoded.record };
}

function inserting(source: Source, cells: readonly Cell[], where: RawBuilder<boolean>): RawBuilder<unknown> {
  const columns = sql.join(cells.map(({ column }) => sql.id(column)));
  const values = sql.join(cells.map(({ value }) => value));
  return sql`insert into ${sql.id(...source.path)} (${columns}) select ${values} from (select 1 as one) as one where ${where}`;
}

/** A procedure is called in no SELECT and under no condition, but a prepared text can be the call or nothing. */
function callingWhere(
  db: QueryExecutorProvider,
  where: RawBuilder<boolean>,
  call: RawBuilder<unknown>,
): RawBuilder<unknown>[] {
  const text = sql`call ${call}`.compile(db).sql;
  return [
    sql`set @clinic_sync_id = null, @clinic_sync_call = if(${where}, ${text}, 'do 0')`,
    sql`prepare clinic_sync_call from @clinic_sync_call`,
    sql`execute clinic_sync_call`,
    sql`deallocate prepare clinic_sync_call`,
  ];
}

/** By its number where the database has just given it one, by its id where it was ours to choose, otherwise by its token. */
function isNewRow(
  source: Source,
  target: BookingTarget,
  order: BookOrder,
  cells: readonly Cell[],
  counters: readonly string[],
): RawBuilder<boolean> {
  const { only } = source.id;
  const chosen = only && cells.find(({ column }) => column === only.column);
  if (chosen) return sql`${only.reference} = ${chosen.value}`;
  if (only && counters.includes(only.column.toLowerCase())) return sql`${only.reference} = last_insert_id()`;
  return sql`(${source.start.from(order.slot.start - 2 * DAY)} and ${target.carries(order.token)})`;
}

async function remove(
  db: QueryExecutorProvider,
  target: BookingTarget,
  { source, isIt, id }: NamedRow,
  order: DeleteOrder,
  mayWrite: RawBuilder<boolean>,
  oneMessage: boolean,
): Promise<DeleteAnswer> {
  const where = sql<boolean>`${isIt} and ${hashOf(source)} = ${order.hash} and ${mayWrite}`;
  const { statements, gone } = removing(db, target, source, id, where);
  const rows = await inTurn<{ gone: number; there: number; may: number }>(db, oneMessage, [
    ...statements,
    sql`select ${gone} as gone, exists (select 1 from ${source.from} where ${isIt}) as there, ${mayWrite} as may`,
  ]);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.gone > 0) return { outcome: 'deleted' };
  if (!row.there) return { outcome: 'gone' };
  return { outcome: row.may ? 'changed' : 'late' };
}

/** How the row goes, and how many went. */
function removing(
  db: QueryExecutorProvider,
  { removal }: BookingTarget,
  source: Source,
  id: string,
  where: RawBuilder<boolean>,
): { statements: RawBuilder<unknown>[]; gone: RawBuilder<unknown> } {
  const gone = sql`row_count()`;
  switch (removal.kind) {
    case 'delete':
      return { statements: [sql`delete t from ${source.from} where ${where}`], gone };
    case 'set': {
      const set = sql.join(removal.cells.map(({ column, value }) => sql`${sql.id('t', column)} = ${value}`));
      return { statements: [sql`update ${source.from} set ${set} where ${where}`], gone };
    }
    case 'procedure': {
      const isThere = sql<boolean>`exists (select 1 from ${source.from} where ${where})`;
      const statements = callingWhere(db, isThere, calling(removal.path, removal.arguments(id)));
      return { statements, gone: sql`(@clinic_sync_call <> 'do 0')` };
    }
  }
}
