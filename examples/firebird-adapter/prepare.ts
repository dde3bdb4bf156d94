import { createHash } from 'node:crypto';

import { fault, type ClinicIdentity } from 'clinic-sync';

import { findColumn, type Column } from './catalog.js';
import type { FirebirdBooking, FirebirdSchema } from './options.js';
import type { OwnTransactions } from './own-transactions.js';
import { FIRST_ODS_WITH_PULSE } from './pulse.js';
import type { Query, Session } from './session.js';
import { findSources, type Source } from './source.js';

/** Columns that a booking fills. */
export interface BookingColumns {
  readonly token: Column | undefined;
  readonly patient: Column | undefined;
  readonly type: Column | undefined;
  readonly reason: Column | undefined;
  readonly generator: string | undefined;
}

export interface Prepared {
  readonly identity: ClinicIdentity;
  readonly sources: readonly Source[];
  readonly booking: BookingColumns;
  readonly hasPulse: boolean;
}

const TOKEN_LENGTH = 22;

/** Looks at the database with the login that reads: who it is, and whether it fits the mapping. */
export async function prepare(session: Session, own: OwnTransactions, schema: FirebirdSchema): Promise<Prepared> {
  const transaction = await own.begin(session);
  try {
    const query: Query = (sql) => session.query(transaction, sql);
    const sources = await findSources(query, schema);
    // Names in the catalog are everybody's to read; the rows behind them may not be.
    for (const { select, table } of sources) await query(`select first 1 ${select} from ${table} where 1 = 0`);
    const [appointments] = sources;
    if (!appointments) throw fault('SchemaMismatch');
    const [cells] = await query(`
      select mon$database_name, cast(mon$creation_date as varchar(60)), cast(mon$next_transaction as varchar(20)), mon$ods_major
      from mon$database`);
    const [name, created, position, ods] = cells ?? [];
    // A restored backup is created anew; so is a copy at another server found under another path.
    const database = createHash('sha256')
      .update(JSON.stringify([name, created]))
      .digest('hex')
      .slice(0, 32);
    return {
      identity: { database, position: String(position) },
      sources,
      booking: bookingColumns(appointments, schema.appointments.booking ?? {}),
      hasPulse: Number(ods) >= FIRST_ODS_WITH_PULSE,
    };
  } finally {
    await session.end(transaction);
  }
}

function bookingColumns({ relation }: Source, booking: FirebirdBooking): BookingColumns {
  const find = (name: 'token' | 'patient' | 'type' | 'reason', types: readonly ('number' | 'text')[]) => {
    const field = `schema.appointments.booking.${name}`;
    const column = booking[name];
    return column === undefined ? undefined : findColumn(relation, column, field, types);
  };
  const token = find('token', ['text']);
  if (token && token.length < TOKEN_LENGTH) {
    const field = 'schema.appointments.booking.token';
    throw fault('SchemaMismatch', `${field} names a column that is too short.`, { field });
  }
  const [patient, type, reason] = (['patient', 'type', 'reason'] as const).map((name) =>
    find(name, ['number', 'text']),
  );
  return { token, patient, type, reason, generator: booking.generator };
}
