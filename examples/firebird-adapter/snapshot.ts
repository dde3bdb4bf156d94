import { fault, type AdapterError, type ClinicSnapshot } from 'clinic-sync';
import { okAsync, ResultAsync } from 'neverthrow';

import type { OwnTransactions } from './own-transactions.js';
import type { SessionPool } from './pool.js';
import type { Pulse } from './pulse.js';
import { firebirdReader } from './reader.js';
import { attempt } from './results.js';
import type { Source } from './source.js';

export interface SnapshotParts {
  readonly pool: SessionPool;
  readonly own: OwnTransactions;
  readonly pulse: Pulse | undefined;
  readonly sources: readonly Source[];
}

/** A SNAPSHOT transaction on a connection of its own: it keeps no writer out, but old versions of rows in, so it is short. */
export function openSnapshot(
  { pool, own, pulse, sources }: SnapshotParts,
  signal: AbortSignal,
): ResultAsync<ClinicSnapshot, AdapterError> {
  return attempt(signal, 'reading', async () => {
    const session = await pool.acquire(signal);
    let closing: Promise<void> | undefined;
    let number: number | undefined;
    const release = () => {
      if (number !== undefined) own.held.delete(number);
      pool.release(session);
    };
    try {
      const begin = async () => {
        // Older than the rows at the most, never younger.
        const taken = pulse ? await pulse.read() : null;
        const transaction = await own.begin(session);
        const [cells] = await session.query(transaction, 'select current_transaction from rdb$database');
        return { taken, transaction, number: Number(cells?.[0]) };
      };
      const begun = await session.abortable(signal, begin());
      const { transaction } = begun;
      number = begun.number;
      own.held.add(number);
      const reader = firebirdReader(sources, (aborted, work) =>
        attempt(aborted, 'reading', async () => {
          if (closing) throw fault('ClinicUnreachable');
          return session.abortable(
            aborted,
            work((sql) => session.query(transaction, sql)),
          );
        }),
      );
      return {
        ...reader,
        pulse: begun.taken,
        close: () => {
          closing ??= session.end(transaction).finally(release);
          return ResultAsync.fromSafePromise(closing).orElse(() => okAsync());
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  });
}
