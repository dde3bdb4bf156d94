import { setTimeout as pause } from 'node:timers/promises';

import {
  DETAILS,
  fault,
  type BookAnswer,
  type BookOrder,
  type ClinicRecord,
  type ClinicWriter,
  type DeleteAnswer,
  type DeleteOrder,
  type Unsent,
} from 'clinic-sync';
import Firebird from 'node-firebird';
import { okAsync } from 'neverthrow';

import { checkBooking } from './check.js';
import type { ServerClock } from './clock.js';
import { isConflict } from './errors.js';
import { deletion, insertion } from './guard.js';
import { inwardId } from './ids.js';
import { instantLiteral, nameLiteral } from './literals.js';
import type { SessionPool } from './pool.js';
import type { BookingColumns } from './prepare.js';
import { asFault, attempt, within } from './results.js';
import { decodeRow, gather } from './rows.js';
import type { Cells, Session } from './session.js';
import { asText, isValue, literalFor, type Source } from './source.js';
import { MAX_CLOCK_CHANGE } from './times.js';

/** How long somebody's uncommitted row is waited for, by asking again. */
const BUSY_MS = 2_000;
const AGAIN_MS = 30;
/**
 * Firebird 3 cannot be told how long a statement may run. This one reads a few weeks of a diary and waits for nobody, so that
 * three seconds are as good as never.
 */
const STATEMENT_LIMIT_MS = 3_000;
const SEND_LIMIT_MS = 10_000;

/**
 * Books and deletes with one statement each. The server commits it in the same step (`autoCommit`), so that nothing is held while
 * an answer is on its way. With an index on practitioner and start, version 3 looks at uncommitted rows too, and refuses where one
 * is in the way: the statement is sent again until that one is committed. Without such an index it would stumble over everybody's,
 * and so it looks past them; as version 4 always does, whose READ COMMITTED sees one moment. Then the look after the commit detects.
 */
export function firebirdWriter(
  pool: SessionPool,
  sources: readonly Source[],
  clock: ServerClock,
  booking: BookingColumns,
): ClinicWriter {
  const [source] = sources;
  if (!source) throw new TypeError('Appointments are always mapped.');
  const seesOpenRows = sources.every(({ label, hasGuardIndex }) => label === 'sessions' || hasGuardIndex);
  const isolation = seesOpenRows ? Firebird.ISOLATION_READ_COMMITTED : Firebird.ISOLATION_READ_UNCOMMITTED;
  const send = async (session: Session, signal: AbortSignal, sql: string): Promise<Cells | undefined> => {
    for (const began = performance.now(); ;) {
      const transaction = await session.begin({ isolation, readOnly: false, wait: false, autoCommit: true });
      try {
        const [cells] = await session.query(transaction, sql);
        return cells;
      } catch (error) {
        if (!isConflict(error) || performance.now() - began > BUSY_MS) throw error;
      } finally {
        // In turn before whatever this session is asked next.
        void session.end(transaction);
      }
      if (signal.aborted) throw fault('Aborted');
      await pause(AGAIN_MS);
    }
  };
  const find = async (session: Session, where: string) => {
    const rows = await session.look(`select ${source.select} from ${source.table} where ${where}`);
    return rows.map((cells) => decodeRow(source, cells));
  };
  const isInTime = async (session: Session, deadline: number) => (await clock.read(session)) < deadline;

  const book = async (session: Session, order: BookOrder): Promise<BookAnswer> => {
    const sql = insertion(sources, source, booking, clock, order);
    const [id] = (await send(session, order.signal, sql)) ?? [];
    if (typeof id !== 'string') return { outcome: (await isInTime(session, order.deadline)) ? 'taken' : 'late' };
    const [found] = await find(session, isValue(source.id, id) ?? '1 = 0');
    // Made, and deleted or turned into something unreadable by the clinic in the same moment: the engine will look.
    if (!found || 'skipped' in found) throw fault('ClinicProtocol');
    return { outcome: 'booked', record: found.record };
  };

  const remove = async (session: Session, order: DeleteOrder): Promise<DeleteAnswer> => {
    const { label, id } = inwardId('busy', order.id);
    const isIt = label === source.label ? isValue(source.id, id) : undefined;
    if (isIt === undefined) return { outcome: 'gone' };
    const [deleted] = (await send(session, order.signal, deletion(source, isIt, clock, order))) ?? [];
    if (typeof deleted === 'string') return { outcome: 'deleted' };
    const there = (await find(session, isIt)).map((each) => ('record' in each ? keyOf(each.record) : each.skipped.key));
    if (!there.some((key) => key.id === order.id)) return { outcome: 'gone' };
    return { outcome: (await isInTime(session, order.deadline)) ? 'changed' : 'late' };
  };

  /** Says so where no session could be had: then nothing was sent. */
  const write = <T>(signal: AbortSignal, work: (session: Session) => Promise<T>) =>
    attempt<T | Unsent>(signal, 'writing', async () => {
      let session;
      try {
        session = await pool.acquire(signal);
      } catch (error) {
        return { outcome: 'unsent', error: asFault(error, 'connecting') };
      }
      try {
        const sent = within(SEND_LIMIT_MS, work(session), () => session.drop());
        return await session.abortable(signal, sent);
      } finally {
        pool.release(session);
      }
    });

  return {
    hasTokens: booking.token !== undefined,
    statementLimitMs: STATEMENT_LIMIT_MS,
    details: DETAILS.filter((name) => booking[name] !== undefined),
    check: (slot, details) => checkBooking(source, booking, slot, details),
    book: (order) => {
      // In the hour that comes twice, the deadline would: nothing is sent then, once a year at night.
      if (clock.isAmbiguous(order.deadline)) return okAsync({ outcome: 'unsent', error: fault('ClinicBusy') });
      return write(order.signal, (session) => book(session, order));
    },
    delete: (order) => {
      if (clock.isAmbiguous(order.deadline)) return okAsync({ outcome: 'unsent', error: fault('ClinicBusy') });
      return write(order.signal, (session) => remove(session, order));
    },
    findToken: ({ token, from, signal }) => {
      const column = booking.token;
      const literal = column && literalFor(column, token);
      if (!column || literal === undefined || token === '') return okAsync({ records: [], skipped: [] });
      return attempt(signal, 'reading', async () => {
        const session = await pool.acquire(signal);
        try {
          const where = `${nameLiteral(column.name)} = ${literal} and ${source.start} >= ${instantLiteral(from - MAX_CLOCK_CHANGE, source.zone)}`;
          const look = session.look(`select ${source.select}, ${asText(column)} from ${source.table} where ${where}`);
          const rows = await session.abortable(signal, look);
          const exact = rows.filter((cells) => cells.at(-1) === token);
          return gather(
            exact.map((cells) => decodeRow(source, cells)),
            ({ row }) => row.start >= from,
          );
        } finally {
          pool.release(session);
        }
      });
    },
  };
}

const keyOf = ({ row }: ClinicRecord) => ({ stream: 'busy', id: row.id });
