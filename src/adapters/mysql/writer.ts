import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import { DAY, SECOND, type Instant } from '../../domain/instant.js';
import { decodeRow } from '../sql/decode.js';
import { isTaken } from '../sql/guard.js';
import { inwardId } from '../sql/ids.js';
import { inWriteSession } from '../sql/in-write-session.js';
import type { SessionPool } from '../sql/pool.js';
import { readWhere, returnedColumns } from '../sql/read.js';
import { WRITE_TIMEOUT_MS } from '../sql/session.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget, Cell } from '../sql/target.js';
import { unfitText } from '../sql/unfit.js';
import { fullWall } from '../sql/times.js';
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
  const { source } = target;
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
    delete: (order) =>
      session.write(order.signal, (db) => remove(db, source, order, mayWrite(order.deadline), oneMessage)),
    findToken: ({ token, from, signal }) =>
      session.look(signal, (db) => readWhere(db, source, sql`${source.start.from(from)} and ${target.carries(token)}`)),
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
  const { source } = target;
  const cells = target.row(order);
  const columns = sql.join(cells.map(({ column }) => sql.id(column)));
  const values = sql.join(cells.map(({ value }) => value));
  const returned = returnedColumns(source);
  // The clock again after the guard, which may have waited. What it says after the insert was true before it: still in time, and
  // nothing inserted, means taken.
  const rows = await inTurn<Record<string, string | null> & { made: number; may: number }>(db, oneMessage, [
    ...(locks ? [] : [sql`set transaction isolation level read committed`]),
    sql`
      insert into ${sql.id(...source.path)} (${columns})
      select ${values} from (select 1 as one) as one
      where ${mayWrite} and not ${isTaken(sources, order.slot)} and ${mayWrite}
    `,
    sql`
      select one.made, ${mayWrite} as may, ${returned.columns}
      from (select row_count() as made) as one
      left join ${source.from} on one.made > 0 and ${isNewRow(source, target, order, cells, counters)}
    `,
  ]);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.made <= 0) return { outcome: row.may ? 'taken' : 'late' };
  const texts = returned.texts(row);
  const decoded = texts[0] === null || rows.length > 1 ? undefined : decodeRow(source, texts);
  // Gone again already, or a trigger of the clinic's made something of it that cannot be read or found.
  if (!decoded || 'skipped' in decoded) throw fault('ClinicProtocol');
  return { outcome: 'booked', record: decoded.record };
}

/** By its number where the database has just given it one, by its id where it was ours to choose, otherwise by its token. */
function isNewRow(
  source: Source,
  target: BookingTarget,
  order: BookOrder,
  cells: readonly Cell[],
  counters: readonly string[],
): RawBuilder<boolean> {
  const chosen = cells.find(({ column }) => column === source.id.column);
  if (chosen) return sql`${source.id.reference} = ${chosen.value}`;
  if (counters.includes(source.id.column.toLowerCase())) return sql`${source.id.reference} = last_insert_id()`;
  return sql`(${source.start.from(order.slot.start - 2 * DAY)} and ${target.carries(order.token)})`;
}

async function remove(
  db: QueryExecutorProvider,
  source: Source,
  order: DeleteOrder,
  mayWrite: RawBuilder<boolean>,
  oneMessage: boolean,
): Promise<DeleteAnswer> {
  const { label, id } = inwardId('busy', order.id);
  // A text that no column of ours can hold is nobody's id.
  if (label !== 'appointments' || unfitText(id) !== undefined) return { outcome: 'gone' };
  const isIt = sql<boolean>`(${source.isOneOf([id])} and ${source.columns[0] ?? sql`null`} = ${id})`;
  const rows = await inTurn<{ gone: number; there: number; may: number }>(db, oneMessage, [
    sql`delete t from ${source.from} where ${isIt} and ${hashOf(source)} = ${order.hash} and ${mayWrite}`,
    sql`select row_count() as gone, exists (select 1 from ${source.from} where ${isIt}) as there, ${mayWrite} as may`,
  ]);
  const [row] = rows;
  if (!row) throw fault('ClinicProtocol');
  if (row.gone > 0) return { outcome: 'deleted' };
  if (!row.there) return { outcome: 'gone' };
  return { outcome: row.may ? 'changed' : 'late' };
}
