import { sql, type Kysely } from 'kysely';

import { inOrder, type ClinicDescription, type Finding } from '../../domain/description.js';
import { SECOND } from '../../domain/instant.js';
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
import { inStretch } from '../sql/where.js';
import { mysqlCatalog, tableFacts, type TableFacts } from './catalog.js';
import { MYSQL_ENGINE } from './engine.js';
import { withGuardIndex } from './guard.js';
import type { ResolvedMysqlOptions } from './options.js';
import { clock, examine, type Server } from './server.js';
import { statementLimitMs } from './writer.js';

interface DescribedTable {
  readonly source: Source;
  readonly facts: TableFacts;
}

/** Reads catalogs and plans with the login that reads, on a session of its own; takes no lock and writes nothing. */
export async function describe(
  db: Kysely<object>,
  options: ResolvedMysqlOptions,
  asWriter?: RunAs,
): Promise<ClinicDescription> {
  const bound = await bindAsBoth(options.schema, MYSQL_ENGINE, mysqlCatalog, db, asWriter);
  const { sources, rosters, target } = bound;
  const server = await examine(db);
  const variable = await readVariables(db);
  const tables: DescribedTable[] = [];
  for (const source of sources) tables.push({ source, facts: await tableFacts(db, source) });
  const perTable: Finding[] = [];
  for (const { source, facts } of tables) perTable.push(...(await tableFindings(db, source, facts)));
  const { host, tls } = options.connection;
  return {
    engine: 'mysql',
    version: variable('version'),
    findings: inOrder([
      roleFinding(variable('read_only') === 'ON', options.write !== null, server.isMariadb),
      encryptionFinding(
        variable('ssl_cipher') || null,
        tls,
        host.startsWith('/') || variable('client') === 'local',
        variable('have_ssl') === 'DISABLED' ? ENABLE_TLS : null,
      ),
      await clockFinding(() => clock(db)),
      zoneFinding(options.schema, sources, await serversZone(db, variable)),
      ...(await hoursFindings(db, sources, rosters.length > 0)),
      await readRightsFinding(db, options, bound),
      ...perTable,
      isolationFinding(variable('transaction_isolation') || variable('tx_isolation')),
      ...chosenFindings(tables, server, options.write !== null && target !== null),
      settlementFinding(options.schema, target, options.write !== null),
    ]),
  };
}

/** Settings under their lower-case names; '' for those that this server has not. */
async function readVariables(db: Kysely<object>): Promise<(name: string) => string> {
  const found = new Map<string, string>();
  const keep = (rows: readonly { Variable_name: string; Value: string }[]) => {
    for (const { Variable_name: name, Value: value } of rows) found.set(name.toLowerCase(), value);
  };
  const names = [
    'version',
    'read_only',
    'system_time_zone',
    'transaction_isolation',
    'tx_isolation',
    'time_zone',
    'have_ssl',
  ];
  keep((await sql<never>`show global variables where variable_name in (${sql.join(names)})`.execute(db)).rows);
  keep((await sql<never>`show session status like 'Ssl_cipher'`.execute(db)).rows);
  const { rows } = await sql<{ host: string }>`
    select host as host from information_schema.processlist where id = connection_id()
  `.execute(db);
  const isLocal = /^(localhost|127\.|\[?::1)/.test(rows[0]?.host ?? '');
  found.set('client', isLocal ? 'local' : 'remote');
  return (name) => found.get(name) ?? '';
}

/** Its files are named in its configuration: no statement can do it. */
const ENABLE_TLS = { gain: 'ssl_cert and ssl_key in the configuration of the server', statements: [] };

/** The name alone tells little: servers have their own short ones, and Windows names zones otherwise. */
async function serversZone(db: Kysely<object>, variable: (name: string) => string): Promise<ServersZone> {
  const { rows } = await sql<{ minutes: string | null }>`
    select cast(timestampdiff(minute, utc_timestamp(), convert_tz(utc_timestamp(), '+00:00', @@global.time_zone)) as char)
      as minutes
  `.execute(db);
  const minutes = rows[0]?.minutes ?? null;
  const set = variable('time_zone');
  const name = set === 'SYSTEM' || set === '' ? variable('system_time_zone') : set;
  return { name, offsetMinutes: minutes === null ? null : Number(minutes) };
}

function roleFinding(isReadOnly: boolean, isToWrite: boolean, isMariadb: boolean): Finding {
  if (!isReadOnly) return { topic: 'role', found: 'The server may be written to.' };
  return {
    topic: 'role',
    severity: isToWrite ? 'fault' : 'warning',
    found: 'The server is read-only: a replica, or set so.',
    chosen: 'Bookings and deletions are refused with PermissionDenied; changes are seen when they have arrived here.',
    better: {
      gain: 'Changes are noticed at once, and bookings can be made: connect to the primary, which this names',
      statements: [isMariadb ? 'show slave status' : 'show replica status'],
    },
  };
}

/** Only what kind of rights there are: grants name logins and hosts. */
async function readRightsFinding(
  db: Kysely<object>,
  { connection, write }: ResolvedMysqlOptions,
  bound: BoundSchema,
): Promise<Finding> {
  const { rows } = await sql<Record<string, string>>`show grants`.execute(db);
  const grants = rows.flatMap((row) => Object.values(row)).join('\n');
  const isPowerful = /\b(ALL PRIVILEGES|SUPER|GRANT OPTION|CREATE USER)\b/.test(grants);
  const mayWrite = /\b(INSERT|UPDATE|DELETE|DROP|ALTER|CREATE)\b/.test(grants);
  const isShared = write !== null && write.user === connection.user;
  if (isPowerful) return rightsFinding('The login that reads has all rights.', false, readingUser(bound));
  if (mayWrite) return rightsFinding('The login that reads may do more than read.', isShared, readingUser(bound));
  return { topic: 'rights', found: 'The login that reads may only read.' };
}

function readingUser(bound: BoundSchema): string[] {
  const grants = tablesRead(bound).map(({ path, columns }) => {
    const some = columns ? ` (${columns.map(quoted).join(', ')})` : '';
    return `grant select${some} on ${path.map(quoted).join('.')} to clinic_sync_read@'%'`;
  });
  return ["create user clinic_sync_read@'%' identified by 'choose-one'", ...grants];
}

async function tableFindings(db: Kysely<object>, source: Source, facts: TableFacts): Promise<Finding[]> {
  const { label } = source.mapping;
  const storage: Finding = {
    topic: 'storage',
    table: label,
    found: facts.engine === null ? 'A view.' : `${facts.engine}, about ${String(facts.rows)} rows.`,
    ...(!facts.isInnodb && { chosen: 'No pulse, no snapshot and no rollback: digests find changes.' }),
    ...(!facts.isInnodb &&
      facts.engine !== null && {
        severity: 'warning',
        better: {
          gain: 'Changes are noticed at once, a booking is undone as a whole, and a crash loses nothing.',
          statements: [`alter table ${source.path.map(quoted).join('.')} engine = InnoDB`],
        },
      }),
  };
  const indexes = indexFindings({
    source,
    leading: facts.indexes.flatMap(({ columns }) => columns.slice(0, 1)),
    rows: facts.rows,
    create: (columns) => createIndex(source.path, columns),
  });
  const plan: Finding = { topic: 'plan', table: label, found: `The future is read by: ${await planOf(db, source)}.` };
  return [storage, ...(facts.engine === null ? [] : indexes), plan];
}

async function planOf(db: Kysely<object>, source: Source): Promise<string> {
  const where = inStretch(source, { from: null, to: null, cutoff: Date.now() });
  const { rows } = await sql<{ type: string | null; key: string | null }>`
    explain select count(*) from ${source.from} where ${where}
  `.execute(db);
  const steps = rows.map(({ type, key }) =>
    key === null ? `${type ?? 'unknown'}, no index` : `${type ?? ''} on ${key}`,
  );
  return steps.join(', ') || 'an unknown plan';
}

function isolationFinding(serversOwn: string): Finding {
  return {
    topic: 'isolation',
    found: `The server's default is ${serversOwn.replaceAll('-', ' ').toLowerCase()}.`,
    chosen: 'Ours is repeatable read: a read is of one moment, and the guard of a booking locks what it has read.',
  };
}

function chosenFindings(tables: readonly DescribedTable[], { pulse, isMariadb }: Server, writes: boolean): Finding[] {
  const others = tables.filter(({ facts }) => !facts.isInnodb).map(({ source }) => source.mapping.label);
  const capture: Finding =
    others.length > 0
      ? {
          topic: 'capture',
          found: `InnoDB's redo log says nothing of: ${others.join(', ')}.`,
          chosen: 'No pulse: changes are found by digests, under the governor.',
        }
      : pulse === null
        ? {
            topic: 'capture',
            found: "This server shows nothing that moves with InnoDB's commits.",
            chosen: 'No pulse: changes are found by digests, under the governor.',
          }
        : {
            topic: 'capture',
            found: `${pulse} moves with every commit.`,
            chosen: 'It is the pulse; a digest at least every 10 s catches what else there is.',
          };
  return [
    capture,
    {
      topic: 'lock',
      found: 'Named locks last as long as a session.',
      chosen: 'One process owns the clinic: get_lock on the connection that watches the pulse.',
    },
    writes ? guardFinding(tables, isMariadb) : { topic: 'guard', found: 'Nothing is written.' },
  ];
}

function guardFinding(tables: readonly DescribedTable[], isMariadb: boolean): Finding {
  const topic = 'guard';
  const limit = `A booking is one statement that ends within ${String(statementLimitMs(isMariadb) / SECOND)} s`;
  const appointments = tables.find(({ source }) => source.mapping.label === 'appointments');
  if (!appointments?.facts.isInnodb)
    return {
      topic,
      found: 'The tables know no transactions.',
      chosen: `${limit} and has the table to itself; nothing undoes half of it after a crash.`,
    };
  const facts = new Map(tables.map((table) => [table.source, table.facts]));
  if (withGuardIndex([...facts.keys()], (source) => facts.get(source)))
    return {
      topic,
      found: 'An index begins with one practitioner and the start.',
      chosen: `${limit} and locks the part of that diary which its guard reads until it is committed; a receptionist's insert there waits for it.`,
    };
  const { path, mapping } = appointments.source;
  const columns = [mapping.practitioners[0] ?? '', appointments.source.start.columns[0] ?? ''];
  return {
    topic,
    found:
      "No index begins with one practitioner and the start: a lock on what a guard reads would be on everybody's diary.",
    chosen: `${limit} and takes no such locks; the look after its commit finds what it could not see.`,
    ...(mapping.practitioners.length === 1 && {
      better: {
        gain: 'Nobody can write into the slot while it is being booked.',
        statements: [createIndex(path, columns)],
      },
    }),
  };
}

const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;

function createIndex(path: readonly string[], columns: readonly string[]): string {
  const name = quoted(`by_${columns.join('_')}`);
  return `create index ${name} on ${path.map(quoted).join('.')} (${columns.map(quoted).join(', ')})`;
}
