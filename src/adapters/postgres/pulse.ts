import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';

/** How often the server looks while it waits for us, unless said: 5 to 12 ms of its processor a second. */
const LOOK_EVERY_MS = 10;

/** A snapshot's text: transaction numbers and separators, nothing else; checked because it becomes part of a statement. */
const PULSE = /^[\d:,]{1,100000}$/;

/** Before Postgres 13 the same thing had another name. */
export function snapshotFunction(serverVersion: number): 'pg_current_snapshot' | 'txid_current_snapshot' {
  return serverVersion >= 130_000 ? 'pg_current_snapshot' : 'txid_current_snapshot';
}

/**
 * The text of the statement's snapshot: which transactions it sees. It changes exactly when one becomes visible or begins to
 * write, and reading it takes no transaction number, so reading does not change it
 * (https://www.postgresql.org/docs/current/functions-info.html, "Transaction ID and Snapshot Information").
 * On a standby it stands still while changes arrive, so there it is no pulse.
 */
export async function readPulse(db: QueryExecutorProvider, snapshot: string): Promise<string> {
  const { rows } = await sql<{ pulse: string }>`select ${sql.raw(snapshot)}()::text as pulse`.execute(db);
  return rows[0]?.pulse ?? '';
}

/**
 * Waits in the server until the pulse is no longer `base`, at most `maxWaitMs`, and reads it: two statements in one message,
 * so one round trip. In READ COMMITTED each look of the block has a snapshot of its own. Vacuum is held up for the wait at most.
 * The sleep is in the condition because a `perform` would be a query of its own each time (13 ms a second, side by side with 5 to 9).
 */
export async function waitForPulse(
  db: Kysely<object>,
  snapshot: string,
  base: string,
  maxWaitMs: number,
  everyMs = LOOK_EVERY_MS,
): Promise<string> {
  if (!PULSE.test(base)) return readPulse(db, snapshot);
  const everyS = Math.max(1, everyMs) / 1_000;
  const text = `do $wait$
declare until timestamptz := clock_timestamp() + interval '${String(Math.max(0, Math.floor(maxWaitMs)))} milliseconds';
begin
  while case when ${snapshot}()::text = '${base}' and clock_timestamp() < until then pg_sleep(least(${String(everyS)}, extract(epoch from until - clock_timestamp())::float8))::text is not null else false end loop
    null;
  end loop;
end $wait$;
select ${snapshot}()::text as pulse`;
  const { rows } = await sql.raw<{ pulse: string }>(text).execute(db);
  // A driver of the caller's may not give the second statement's answer.
  return rows[0]?.pulse ?? readPulse(db, snapshot);
}
