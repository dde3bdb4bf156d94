import type { QueryExecutorProvider } from 'kysely';
import type { ResultAsync } from 'neverthrow';

import type { Digest } from '../../domain/digest.js';
import type { AdapterError } from '../../domain/errors.js';
import type { Instant } from '../../domain/instant.js';
import type { ClinicReader, DigestRead, ReadRows, SketchRead } from '../adapter.js';
import type { Decoded } from './decode.js';
import type { SessionPool } from './pool.js';
import { readKeys, readRange, split } from './read.js';
import { attempt, orAborted } from './results.js';
import { addRosterDigests, inRosterRange, type Roster } from './roster/roster.js';
import type { Sketches } from './sketch/sketches.js';
import type { Source } from './source.js';
import type { ClinicTables } from './tables.js';

/** Runs work that reads, somewhere. */
export type RunRead = <T>(
  signal: AbortSignal,
  work: (db: QueryExecutorProvider) => Promise<T>,
) => ResultAsync<T, AdapterError>;

/** The engine's own way to sum up rows. */
export type ReadDigests = (
  db: QueryExecutorProvider,
  sources: readonly Source[],
  read: DigestRead,
) => Promise<readonly Digest[]>;

/** What is read of a clinic, sketches included where there are any. */
export interface ReadableTables extends ClinicTables {
  readonly sketches?: Sketches;
}

/** Reads tables, and the sessions that are laid out from rules beside them. */
export function sqlReader(
  run: RunRead,
  { sources, rosters, sketches }: ReadableTables,
  digest: ReadDigests,
): ClinicReader {
  return {
    ...(sketches && { sketch: (read: SketchRead) => run(read.signal, (db) => sketches.read(db, read)) }),
    readRange: (read) =>
      run(read.signal, async (db) => {
        const rows = await readRange(db, sources, read);
        if (read.range.stream !== 'session' || rosters.length === 0) return rows;
        return both(rows, split(inRosterRange(await layOut(rosters, db, read), read.range)));
      }),
    readKeys: (read) =>
      run(read.signal, async (db) => {
        const rows = await readKeys(db, sources, read);
        if (read.stream !== 'session' || rosters.length === 0) return rows;
        const ids = new Set(read.ids);
        const decoded = await layOut(rosters, db, read);
        return both(
          rows,
          split(decoded.filter((row) => ids.has('skipped' in row ? row.skipped.key.id : row.record.row.id))),
        );
      }),
    digest: (read) =>
      run(read.signal, async (db) => {
        const digests = await digest(db, sources, read);
        if (read.stream !== 'session' || rosters.length === 0) return digests;
        return addRosterDigests(digests, read.edges, await layOut(rosters, db, read));
      }),
  };
}

async function layOut(
  rosters: readonly Roster[],
  db: QueryExecutorProvider,
  { cutoff, signal }: { readonly cutoff: Instant; readonly signal: AbortSignal },
): Promise<readonly Decoded[]> {
  const decoded: Decoded[] = [];
  for (const roster of rosters) decoded.push(...(await roster.read(db, cutoff, signal)));
  return decoded;
}

function both(a: ReadRows, b: ReadRows): ReadRows {
  return {
    records: [...a.records, ...b.records],
    skipped: [...a.skipped, ...b.skipped],
    unknown: [...(a.unknown ?? []), ...(b.unknown ?? [])],
  };
}

/**
 * On a session of the pool. An aborted read drops its connection, which is the only way to be rid of what still arrives; the
 * server notices when it next writes to it, or by the statement's timeout.
 */
export function runInPool(pool: SessionPool, toFault: (error: unknown) => AdapterError): RunRead {
  return (signal, work) =>
    attempt(
      signal,
      async () => {
        const session = await pool.acquire(signal);
        try {
          return await orAborted(signal, session.run(work), session.drop);
        } finally {
          pool.release(session);
        }
      },
      toFault,
    );
}
