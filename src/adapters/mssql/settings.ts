import { sql, type Kysely } from 'kysely';

import { LOCK_TIMEOUT_MS } from '../sql/session.js';
import { tried } from './probe.js';
import { releaseLocks } from './server.js';

/** Whatever the server's or login's defaults are: nothing waits long for a lock. */
const OURS = [
  'set nocount on',
  'set rowcount 0',
  'set transaction isolation level read committed',
  `set lock_timeout ${String(LOCK_TIMEOUT_MS)}`,
];

/** What an endpoint that speaks the protocol but is no SQL Server may not know. Of a deadlock we are the victim. */
const IF_KNOWN = ['set deadlock_priority low', 'set numeric_roundabort off'];

/** What the driver is told to set for connections of ours, and others may have set otherwise. */
const DRIVERS = [
  'set quoted_identifier on',
  'set ansi_nulls on',
  'set ansi_padding on',
  'set ansi_warnings on',
  'set arithabort on',
  'set concat_null_yields_null on',
  'set implicit_transactions off',
  'set dateformat ymd',
  'set textsize 2147483647',
  // Of everything that a batch has begun nothing is left when it fails.
  'set xact_abort on',
];

/** For a connection of ours: what is set stays. */
export async function configure(db: Kysely<object>): Promise<void> {
  await sql.raw(OURS.join('; ')).execute(db);
  for (const setting of IF_KNOWN) await tried(() => sql.raw(setting).execute(db));
}

/** Settings that travel with each text. */
export interface TravellingSettings {
  before(text: string): string;
  /** Finds out which of them the server knows. Answers what puts a connection back as it was. */
  configure(db: Kysely<object>): Promise<() => Promise<void>>;
}

/**
 * For a connection of the caller's, over which each text is a call of `sp_executesql`: what it sets holds until it ends, and is then
 * as it was (https://learn.microsoft.com/en-us/sql/t-sql/statements/set-statements-transact-sql). Nothing but locks is left to be
 * given back.
 */
export function travellingSettings(): TravellingSettings {
  let settings = [...DRIVERS, ...OURS];
  return {
    before: (text) => `${settings.join('; ')};\n${text}`,
    configure: async (db) => {
      for (const setting of IF_KNOWN) {
        const known = (await tried(() => sql.raw(setting).execute(db))) !== null;
        if (known) settings = [...settings, setting];
      }
      return async () => {
        await tried(() => sql`if @@trancount > 0 rollback transaction`.execute(db));
        await releaseLocks(db);
      };
    },
  };
}
