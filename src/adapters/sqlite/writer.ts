import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';

import { fault } from '../../domain/errors.js';
import { insertWhere, isTaken } from '../sql/guard.js';
import { inwardId } from '../sql/ids.js';
import { readKeys, readWhere } from '../sql/read.js';
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
  const { source } = target;
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
    delete: (order) => ask(order.signal, (db) => remove(db, source, order)),
    findToken: ({ token, from, signal }) =>
      ask(signal, (db) => readWhere(db, source, sql`${source.start.from(from)} and ${target.carries(token)}`)),
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
  const { source } = target;
  const insert = insertWhere(source, target.row(order), free);
  const { rows } = await sql<{ id: string }>`
    ${insert} returning cast(${sql.id(source.id.column)} as text) as id
  `.execute(db);
  const id = rows[0]?.id;
  if (id === undefined) return { outcome: 'taken' };
  const { records, skipped } = await readWhere(db, source, source.isOneOf([id]));
  // A trigger may have made something of it that cannot be read, or nothing at all: then nothing is kept.
  if (skipped.length > 0 || !records[0]) throw fault('Unstorable');
  return { outcome: 'booked', record: records[0] };
}

async function remove(db: QueryExecutorProvider, source: Source, order: DeleteOrder): Promise<DeleteAnswer> {
  const { records, skipped } = await readKeys(db, [source], { stream: 'busy', ids: [order.id], cutoff: -Infinity });
  const [record, another] = records;
  if (!record) return { outcome: skipped.length > 0 ? 'changed' : 'gone' };
  // A column without a type can hold both 7 and '7'.
  if (another || record.hash !== order.hash) return { outcome: 'changed' };
  if ((await clock(db)) >= order.deadline) return { outcome: 'late' };
  const { id } = inwardId('busy', order.id);
  await sql`
    delete from ${source.from} where ${source.isOneOf([id])} and cast(${source.id.reference} as text) = ${id}
  `.execute(db);
  return { outcome: 'deleted' };
}
