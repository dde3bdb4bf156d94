import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import { insertWhere, isTaken } from '../sql/guard.js';
import { joinKey } from '../sql/ids.js';
import { namedRow } from '../sql/named-row.js';
import { readToken, readWhere } from '../sql/read.js';
import { attempt } from '../sql/results.js';
import type { Source } from '../sql/source.js';
import type { BookingTarget } from '../sql/target.js';
import type { BookAnswer, BookOrder, ClinicWriter, DeleteAnswer, DeleteOrder } from '../writer.js';
import { clock } from './clock.js';
import { openConnection, type Connection } from './connect.js';
import { toWriteFault } from './errors.js';
import type { ResolvedSqliteOptions } from './options.js';

export interface SqliteWriter extends ClinicWriter {
  close(): void;
}

/**
 * Books and deletes, each in one transaction that holds SQLite's only write lock from its beginning, so that what it finds is
 * still so when it writes. It waits for nothing but the disk: a receptionist is kept out for that long and no longer.
 */
export function sqliteWriter(
  options: ResolvedSqliteOptions,
  sources: readonly Source[],
  target: BookingTarget,
  check: () => Promise<void>,
): SqliteWriter {
  let open: Connection | undefined;
  let ended = false;
  let tail: Promise<unknown> = Promise.resolve();
  const close = () => {
    open?.close();
    open = undefined;
  };

  const transact = async <T>(work: (db: Kysely<object>) => Promise<T>): Promise<T> => {
    await check();
    if (ended) throw fault('ClinicUnreachable');
    const { db } = (open ??= openConnection(options, 'write'));
    try {
      await sql`begin immediate`.execute(db);
      const answer = await work(db);
      await sql`commit`.execute(db);
      return answer;
    } catch (error) {
      // Whatever state it is in: a transaction that is open in it ends with it.
      close();
      throw error;
    }
  };
  const ask = <T>(signal: AbortSignal, work: (db: Kysely<object>) => Promise<T>) =>
    attempt(
      signal,
      () => {
        const mine = tail.then(() => transact(work));
        tail = mine.catch(() => undefined);
        return mine;
      },
      toWriteFault,
    );

  return {
    hasTokens: target.hasTokens,
    statementLimitMs: options.busyTimeoutMs,
    details: target.details,
    check: (slot, details) => target.check(slot, details),
    book: (order) => ask(order.signal, (db) => book(db, sources, target, order)),
    delete: (order) => ask(order.signal, (db) => remove(db, target, order)),
    findToken: (search) => ask(search.signal, (db) => readToken(db, target, search)),
    close: () => {
      ended = true;
      close();
    },
  };
}

async function book(
  db: QueryExecutorProvider,
  sources: readonly Source[],
  target: BookingTarget,
  order: BookOrder,
): Promise<BookAnswer> {
  if ((await clock(db)) >= order.deadline) return { outcome: 'late' };
  const free = sql<boolean>`not ${isTaken(sources, order.slot)}`;
  const source = target.sourceOf(order.slot);
  const insert = insertWhere(source, target.row(order), free);
  const keys = source.id.columns.map((name, i) => sql`cast(${sql.id(name)} as text) as ${sql.id(`k${String(i)}`)}`);
  const { rows } = await sql<Record<string, string>>`${insert} returning ${sql.join(keys)}`.execute(db);
  const [row] = rows;
  if (!row) return { outcome: 'taken' };
  const id = joinKey(keys.map((_, i) => row[`k${String(i)}`] ?? ''));
  const { records, skipped } = await readWhere(db, source, source.id.isOneOf([id]));
  // A trigger may have made something of it that cannot be read, or nothing at all: then nothing is kept.
  if (skipped.length > 0 || !records[0]) throw fault('Unstorable');
  return { outcome: 'booked', record: records[0] };
}

async function remove(db: QueryExecutorProvider, target: BookingTarget, order: DeleteOrder): Promise<DeleteAnswer> {
  const row = namedRow(target, order.id);
  if (!row) return { outcome: 'gone' };
  const { source, isIt } = row;
  const { records, skipped } = await readWhere(db, source, isIt);
  const [record, another] = records;
  if (!record) return { outcome: skipped.length > 0 ? 'changed' : 'gone' };
  // A column without a type can hold both 7 and '7'.
  if (another || record.hash !== order.hash) return { outcome: 'changed' };
  if ((await clock(db)) >= order.deadline) return { outcome: 'late' };
  const { removal } = target;
  if (removal.kind === 'set') {
    const set = sql.join(removal.cells.map(({ column, value }) => sql`${sql.id(column)} = ${value}`));
    await sql`update ${source.from} set ${set} where ${isIt}`.execute(db);
  } else await sql`delete from ${source.from} where ${isIt}`.execute(db);
  return { outcome: 'deleted' };
}
