import { EventEmitter } from 'eventemitter3';
import { sql } from 'kysely';
import { okAsync } from 'neverthrow';

import { fault } from '../../domain/errors.js';
import { scopeOfKeys, WHOLE_FUTURE } from '../../domain/scope.js';
import type { ClinicIdentity, ClinicLink, ClinicSnapshot, LinkEvents } from '../adapter.js';
import { attempt } from '../sql/results.js';
import { bindSchema, type BoundSchema } from '../sql/check.js';
import { NewestIds } from '../sql/newest.js';
import { mustDecode } from '../sql/sample.js';
import type { ClinicTables } from '../sql/tables.js';
import { idLeadsIndex, sqliteCatalog } from './catalog.js';
import { clock } from './clock.js';
import { fileIdentity, isWriteAhead, movedFile, openConnection, type Connection } from './connect.js';
import { SqliteDigests } from './digest.js';
import { SQLITE_ENGINE } from './engine.js';
import { toFault } from './errors.js';
import type { ResolvedSqliteOptions } from './options.js';
import { dataVersion } from './pulse.js';
import { watchCommits } from './push.js';
import { sqliteReader } from './reader.js';
import { sqliteWriter } from './writer.js';

/** Opens a link's connections: one for rows, one for the pulse alone. Throws; leaves nothing open when it does. */
export async function openLink(options: ResolvedSqliteOptions, signal: AbortSignal): Promise<ClinicLink> {
  const database = await fileIdentity(options.path);
  const opened: Connection[] = [];
  const open = () => {
    const connection = openConnection(options);
    opened.push(connection);
    return connection;
  };
  try {
    const rows = open();
    const pulse = open();
    const bound = await bindSchema(options.schema, SQLITE_ENGINE, sqliteCatalog(rows.db));
    // It may have been replaced between the look at its identity and the opening.
    const moved = await movedFile(options.path, database);
    if (moved) throw moved;
    await mustDecode(rows.db, bound.sources, SQLITE_ENGINE);
    const link = await linkOver(options, { database, position: null }, bound, rows, pulse);
    // Whoever asked has gone, and nobody else would close it.
    if (!signal.aborted) return link;
    await link.close();
    throw fault('Aborted');
  } catch (error) {
    for (const connection of opened) connection.close();
    throw error;
  }
}

async function linkOver(
  options: ResolvedSqliteOptions,
  identity: ClinicIdentity,
  bound: BoundSchema,
  rows: Connection,
  pulse: Connection,
): Promise<ClinicLink> {
  const { sources, target } = bound;
  const events = new EventEmitter<LinkEvents>();
  let ended: 'no' | 'lost' | 'closed' = 'no';
  const checkFile = async () => {
    const moved = await movedFile(options.path, identity.database);
    if (moved && ended === 'no') {
      ended = 'lost';
      events.emit('lost', moved);
    }
    if (moved ?? ended !== 'no') throw moved ?? fault('ClinicUnreachable', 'The link has ended.');
  };
  const version = async () => {
    await checkFile();
    return dataVersion(pulse.db);
  };
  const newest = await NewestIds.from(rows.db, sources, (source) => idLeadsIndex(rows.db, source), SQLITE_ENGINE);
  const newKeys = async () => {
    await checkFile();
    return (await newest?.next(rows.db)) ?? [];
  };
  // New rows first: they are read at once, while a look at everything is still adding up.
  const tell = async () => {
    const keys = await newKeys().catch(() => []);
    if (ended !== 'no') return;
    if (keys.length > 0) events.emit('hint', scopeOfKeys(keys));
    events.emit('hint', WHOLE_FUTURE);
  };
  const writesAhead = await isWriteAhead(rows.db);
  const watcher = options.watch
    ? await watchCommits({
        path: options.path,
        version,
        onCommit: () => void tell(),
        onEnd: () => events.emit('pushLost'),
      })
    : undefined;

  const digests = new SqliteDigests(sources);
  const snapshots = new Set<Connection>();
  const writer = options.write && target ? sqliteWriter(options, sources, target, checkFile) : undefined;

  return {
    ...sqliteReader(rows.db, bound, digests, checkFile),
    identity,
    events,
    push: watcher !== undefined,
    now: (signal) => attempt(signal, () => checkFile().then(() => clock(rows.db)), toFault),
    pulse: (signal) => attempt(signal, version, toFault),
    ...(newest && { newKeys: (signal: AbortSignal) => attempt(signal, newKeys, toFault) }),
    // With a rollback journal a held read would keep the clinic's own writers out.
    ...(writesAhead
      ? {
          openSnapshot: (signal: AbortSignal) =>
            attempt(
              signal,
              () => openSnapshot({ options, tables: bound, digests, checkFile, version, snapshots }),
              toFault,
            ),
        }
      : {}),
    ...(writer && { writer }),
    close: () => {
      ended = 'closed';
      watcher?.close();
      writer?.close();
      // A forgotten snapshot would keep the clinic's write-ahead log from being taken over into the file.
      for (const connection of [rows, pulse, ...snapshots]) connection.close();
      return okAsync();
    },
  };
}

interface SnapshotParts {
  readonly options: ResolvedSqliteOptions;
  readonly tables: ClinicTables;
  readonly digests: SqliteDigests;
  readonly checkFile: () => Promise<void>;
  readonly version: () => Promise<string>;
  /** The link's open ones. */
  readonly snapshots: Set<Connection>;
}

/** On a connection of its own. The pulse is read first, so it may be older than the snapshot and never younger. */
async function openSnapshot(parts: SnapshotParts): Promise<ClinicSnapshot> {
  const { options, tables, digests, checkFile, version, snapshots } = parts;
  const pulse = await version();
  const connection = openConnection(options);
  snapshots.add(connection);
  // Closing ends the transaction.
  const close = () => {
    snapshots.delete(connection);
    connection.close();
  };
  try {
    const transaction = await connection.db.startTransaction().execute();
    // A transaction of SQLite's begins with its first read.
    await sql`select count(*) from sqlite_master`.execute(transaction);
    return {
      ...sqliteReader(transaction, tables, digests, checkFile),
      pulse,
      close: () => {
        close();
        return okAsync();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
