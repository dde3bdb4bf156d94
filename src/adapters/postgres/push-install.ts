import { sql } from 'kysely';
import type { ResultAsync } from 'neverthrow';

import { fault, type AdapterError } from '../../domain/errors.js';
import { attempt, orAborted } from '../sql/results.js';
import type { ClinicSchema } from '../sql/schema/schema.js';
import { toFault } from './errors.js';
import { resolvePostgresOptions, type PostgresConnection } from './options.js';
import { postgresPushSql, type PostgresPushOptions } from './push-sql.js';
import { openSession } from './session.js';

export interface PostgresPushRun extends PostgresPushOptions {
  /** An owner of the mapped tables who may create a schema; not the login that reads. */
  readonly connection: PostgresConnection | string;
  readonly schema: ClinicSchema;
  readonly signal?: AbortSignal;
}

/**
 * Runs the `install` statements of {@link postgresPushSql} in one transaction: all or nothing, and again without harm. Gives up
 * with `ClinicBusy` when it cannot have a table's lock within two seconds. Refused with `ClinicProtocol` where two-phase commit
 * is on, which notifications would break.
 */
export function installPostgresPush(options: PostgresPushRun): ResultAsync<void, AdapterError> {
  return runStatements(options, 'install');
}

/** Runs the `remove` statements: nothing stays behind. */
export function removePostgresPush(options: PostgresPushRun): ResultAsync<void, AdapterError> {
  return runStatements(options, 'remove');
}

function runStatements(options: PostgresPushRun, which: 'install' | 'remove'): ResultAsync<void, AdapterError> {
  const signal = options.signal ?? new AbortController().signal;
  const statements = postgresPushSql(options.schema, options)[which];
  const resolved = resolvePostgresOptions(options);
  return attempt(
    signal,
    async () => {
      const session = await openSession(resolved, signal, () => undefined);
      const work = session.run(async (db) => {
        const twoPhase = sql<{ on: boolean }>`select current_setting('max_prepared_transactions') <> '0' as on`;
        if (which === 'install' && (await twoPhase.execute(db)).rows[0]?.on === true) {
          throw fault('ClinicProtocol', 'Push cannot be used where max_prepared_transactions is above 0.');
        }
        await db
          .transaction()
          .setAccessMode('read write')
          .execute(async (transaction) => {
            for (const statement of statements) await sql.raw(statement).execute(transaction);
          });
      });
      try {
        await orAborted(signal, work, session.drop);
      } finally {
        await session.close();
      }
    },
    toFault,
  );
}
