import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';

import { inOrder, type ClinicDescription, type Finding } from '../../domain/description.js';
import { bindAsBoth } from '../sql/bind-as-both.js';
import type { BoundSchema } from '../sql/check.js';
import {
  clockFinding,
  encryptionFinding,
  indexFindings,
  rightsFinding,
  settlementFinding,
  tablesRead,
} from '../sql/describe.js';
import { hoursFindings, zoneFinding, type ServersZone } from '../sql/describe-zone.js';
import type { RunAs } from '../sql/server-link.js';
import type { Source } from '../sql/source.js';
import { indexesOf, mssqlCatalog } from './catalog.js';
import { TrackedChanges } from './changes.js';
import { MSSQL_ENGINE } from './engine.js';
import { withRangeLocks } from './guard.js';
import type { ResolvedMssqlOptions } from './options.js';
import { tried } from './probe.js';
import { findPulse } from './pulse.js';
import { clock, examine, type Server } from './server.js';
import { quotedPath } from './text.js';

/** Reads catalogs with the login that reads, on a session of its own; takes no lock and writes nothing. */
export async function describe(
  db: Kysely<object>,
  options: ResolvedMssqlOptions,
  asWriter?: RunAs,
): Promise<ClinicDescription> {
  const bound = await bindAsBoth(options.schema, MSSQL_ENGINE, mssqlCatalog, db, asWriter);
  const { sources, rosters, target } = bound;
  const server = await examine(db);
  const writes = options.write !== null && target !== null;
  const perTable: Finding[] = [];
  for (const source of sources) perTable.push(...(await tableFindings(db, source)));
  return {
    engine: 'mssql',
    version: server.version,
    findings: inOrder([
      await roleFinding(db, options.write !== null),
      connectionFinding(options),
      await clockFinding(() => clock(db)),
      zoneFinding(options.schema, sources, await serversZone(db)),
      // Without row versions a read would wait for whoever is writing.
      ...(server.readsVersions ? await hoursFindings(db, sources, rosters.length > 0) : []),
      await readRightsFinding(db, options, bound),
      ...perTable,
      isolationFinding(server, options.own !== null),
      await captureFinding(db, sources),
      await lockFinding(db),
      writes ? await guardFinding(db, sources) : { topic: 'guard', found: 'Nothing is written.' },
      settlementFinding(options.schema, target, options.write !== null),
    ]),
  };
}

/** The server tells nobody without VIEW SERVER STATE. */
function connectionFinding({ connection: { host, tls }, own }: ResolvedMssqlOptions): Finding {
  if (own)
    return { topic: 'encryption', found: "The connections are the caller's, and encrypted as their driver was told." };
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  return encryptionFinding(tls === 'off' ? null : 'TLS', tls, isLocal);
}

/** One value, or `null` where the server does not say. */
async function valueOf<T>(db: QueryExecutorProvider, expression: RawBuilder<unknown>): Promise<T | null> {
  const asked = await tried(() => sql<{ value: T | null }>`select ${expression} as value`.execute(db));
  return asked?.rows[0]?.value ?? null;
}

async function roleFinding(db: Kysely<object>, isToWrite: boolean): Promise<Finding> {
  const access = await valueOf<string>(db, sql`cast(databasepropertyex(db_name(), N'Updateability') as nvarchar(20))`);
  if (access !== 'READ_ONLY') return { topic: 'role', found: 'The database may be written to.' };
  return {
    topic: 'role',
    severity: isToWrite ? 'fault' : 'warning',
    found: 'The database is read-only: a secondary replica, or set so.',
    chosen: 'Bookings and deletions are refused with PermissionDenied.',
    better: { gain: 'Bookings can be made: connect to the primary.', statements: [] },
  };
}

async function serversZone(db: Kysely<object>): Promise<ServersZone> {
  const offsetMinutes = await valueOf<number>(db, sql`datediff(minute, sysutcdatetime(), sysdatetime())`);
  return { name: offsetMinutes === null ? 'unknown' : 'that of its machine', offsetMinutes };
}

async function readRightsFinding(
  db: Kysely<object>,
  { connection, write }: ResolvedMssqlOptions,
  bound: BoundSchema,
): Promise<Finding> {
  const isPowerful = await valueOf<number>(
    db,
    sql`case when is_srvrolemember(N'sysadmin') = 1 or is_member(N'db_owner') = 1 or is_member(N'db_datawriter') = 1
      then 1 else 0 end`,
  );
  if (isPowerful !== 1)
    return { topic: 'rights', found: 'The login that reads has no role that may write everywhere.' };
  const grants = tablesRead(bound).map(({ path, columns }) => {
    const some = columns ? ` (${columns.map((name) => quotedPath([name])).join(', ')})` : '';
    return `grant select on ${quotedPath(path)}${some} to clinic_sync_read`;
  });
  const isShared = write !== null && write.user === connection.user;
  return rightsFinding('The login that reads may do more than read.', isShared, [
    "create login clinic_sync_read with password = 'choose-one'",
    'create user clinic_sync_read for login clinic_sync_read',
    ...grants,
  ]);
}

async function tableFindings(db: Kysely<object>, source: Source): Promise<Finding[]> {
  const { label } = source.mapping;
  const name = quotedPath(source.path);
  const rows = await valueOf<string>(
    db,
    sql`(select cast(sum(rows) as nvarchar(20)) from sys.partitions where object_id = object_id(${name}) and index_id < 2)`,
  );
  const storage: Finding = {
    topic: 'storage',
    table: label,
    found: rows === null ? 'A view, or a table whose size is not shown.' : `A table of about ${rows} rows.`,
  };
  if (rows === null) return [storage];
  const leading = (await indexesOf(db, source)).flatMap(({ columns }) => columns.slice(0, 1));
  return [
    storage,
    ...indexFindings({
      source,
      leading,
      rows: Number(rows),
      create: (columns) => createIndex(source, columns),
    }),
  ];
}

function isolationFinding({ hasSnapshots, readsVersions }: Server, areTheirs: boolean): Finding {
  const found = readsVersions
    ? 'Plain reads see one moment (READ_COMMITTED_SNAPSHOT is on).'
    : 'Plain reads wait for open transactions, 2 s at the most, and can be torn (READ_COMMITTED_SNAPSHOT is off).';
  if (hasSnapshots && !areTheirs)
    return { topic: 'isolation', found, chosen: 'Resyncs read in one snapshot transaction.' };
  const chosen = 'Resyncs read in several statements and read again what was torn.';
  if (areTheirs) return { topic: 'isolation', found, chosen: `Over connections of the caller's: ${chosen}` };
  return {
    topic: 'isolation',
    found,
    chosen,
    better: {
      gain: 'A resync reads one moment, and waits for nobody.',
      statements: ['alter database current set allow_snapshot_isolation on'],
    },
  };
}

async function captureFinding(db: Kysely<object>, sources: readonly Source[]): Promise<Finding> {
  const pulse = await findPulse(db, sources);
  const names = (await TrackedChanges.from(db, sources)) !== undefined;
  const least = 'a digest at least every 10 s catches what else there is.';
  if (pulse?.kind === 'change tracking')
    return {
      topic: 'capture',
      found: 'Change tracking is on for every mapped table, and this login may see it.',
      chosen: `Its version is the pulse${names ? ', and it names the rows to look at' : ''}; ${least}`,
    };
  return {
    topic: 'capture',
    found: 'Change tracking is off for a mapped table, or this login may not see it.',
    chosen: pulse ? `The end of the log is the pulse; ${least}` : 'Changes are noticed by digests under the governor.',
    better: {
      gain: 'Changes are noticed at once, at next to no cost, and by row.',
      statements: [
        'alter database current set change_tracking = on (change_retention = 2 days, auto_cleanup = on)',
        ...sources.flatMap(({ path }) => [
          `alter table ${quotedPath(path)} enable change_tracking`,
          `grant view change tracking on ${quotedPath(path)} to <login>`,
        ]),
      ],
    },
  };
}

async function lockFinding(db: Kysely<object>): Promise<Finding> {
  const answer = await valueOf<number>(db, sql`applock_test(N'public', N'clinic-sync', N'Exclusive', N'Session')`);
  if (answer === null)
    return {
      topic: 'lock',
      found: 'The server has no application locks.',
      chosen: 'Nothing at the clinic keeps a second process out; the mirror alone does.',
    };
  return {
    topic: 'lock',
    found: 'Application locks last as long as a session.',
    chosen: 'One process owns the clinic: sp_getapplock on the connection that watches the pulse.',
  };
}

async function guardFinding(db: Kysely<object>, sources: readonly Source[]): Promise<Finding> {
  const limit = 'A booking is one batch that is undone when its deadline has passed';
  if (await withRangeLocks(sources, (source) => indexesOf(db, source)))
    return {
      topic: 'guard',
      found: 'An index begins with one practitioner and the start.',
      chosen: `${limit}; it locks the part of that diary which its guard reads until it is committed.`,
    };
  const appointments = sources.find(({ mapping }) => mapping.label === 'appointments');
  const columns = appointments && [appointments.mapping.practitioners[0] ?? '', appointments.start.columns[0] ?? ''];
  return {
    topic: 'guard',
    found: "No index begins with one practitioner and the start: a range lock would be on everybody's diary.",
    chosen: `${limit}, and takes no range locks; the look after its commit finds what it could not see.`,
    ...(appointments?.mapping.practitioners.length === 1 &&
      columns && {
        better: {
          gain: 'Nobody can write into the slot while it is being booked.',
          statements: [createIndex(appointments, columns)],
        },
      }),
  };
}

function createIndex({ path }: Source, columns: readonly string[]): string {
  const name = quotedPath([`by_${columns.join('_')}`]);
  return `create index ${name} on ${quotedPath(path)} (${columns.map((each) => quotedPath([each])).join(', ')})`;
}
