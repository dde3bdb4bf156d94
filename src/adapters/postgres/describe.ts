import { sql, type Kysely } from 'kysely';

import { inOrder, type ClinicDescription, type Finding } from '../../domain/description.js';
import { fault } from '../../domain/errors.js';
import { bindSchema, type BoundSchema } from '../sql/check.js';
import {
  clockFinding,
  encryptionFinding,
  indexFindings,
  rightsFinding,
  settlementFinding,
  tablesRead,
} from '../sql/describe.js';
import { hoursFindings, zoneFinding } from '../sql/describe-zone.js';
import { WRITE_TIMEOUT_MS } from '../sql/session.js';
import type { Source } from '../sql/source.js';
import { inStretch } from '../sql/where.js';
import { postgresCatalog } from './catalog.js';
import { POSTGRES_ENGINE } from './engine.js';
import type { ResolvedPostgresOptions } from './options.js';
import { postgresPushSql } from './push-sql.js';
import type { PostgresOptions } from './options.js';
import { clock, examine, type Server } from './server.js';

interface Facts {
  version: string;
  standby: boolean;
  encoding: string;
  zone: string;
  cipher: string | null;
  local: boolean;
  hasTls: boolean;
  superuser: boolean;
  powerful: boolean;
  writes: boolean;
}

/** Reads catalogs and plans with the login that reads, on a session of its own; takes no lock and writes nothing. */
export async function describe(
  db: Kysely<object>,
  options: ResolvedPostgresOptions,
  schema: PostgresOptions['schema'],
): Promise<ClinicDescription> {
  const bound = await bindSchema(options.schema, POSTGRES_ENGINE, postgresCatalog(db));
  const server = await examine(db);
  const facts = await readFacts(db, bound.sources);
  const perTable = await Promise.all(bound.sources.map((source) => tableFindings(db, source)));
  return {
    engine: 'postgres',
    version: facts.version,
    findings: inOrder([
      ...serverFindings(facts, options),
      readRightsFinding(facts, options, bound),
      await clockFinding(() => clock(db)),
      zoneFinding(options.schema, bound.sources, { name: facts.zone, offsetMinutes: null }),
      ...(await hoursFindings(db, bound.sources, bound.rosters.length > 0)),
      ...perTable.flat(),
      ...chosenFindings(options, schema, bound, server),
      settlementFinding(options.schema, bound.target, options.write !== null),
    ]),
  };
}

async function readFacts(db: Kysely<object>, sources: readonly Source[]): Promise<Facts> {
  const tables = sources.map(({ path }) => path.map(quotedName).join('.'));
  const { rows } = await sql<Facts>`
    select current_setting('server_version') as version, pg_is_in_recovery() as standby,
      current_setting('server_encoding') as encoding,
      (select reset_val from pg_settings where name = 'TimeZone') as zone,
      (select version || ', ' || cipher from pg_stat_ssl where pid = pg_backend_pid() and ssl) as cipher,
      coalesce(inet_server_addr() <<= '127.0.0.0/8' or inet_server_addr() = '::1', true) as local,
      current_setting('ssl') = 'on' as "hasTls",
      (select rolsuper from pg_roles where rolname = current_user) as superuser,
      (select rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
        from pg_roles where rolname = current_user) as powerful,
      exists (select from unnest(${tables}::text[]) as name
        where has_table_privilege(name, 'insert') or has_table_privilege(name, 'delete')
          or has_any_column_privilege(name, 'insert, update') or has_table_privilege(name, 'truncate')) as writes
  `.execute(db);
  const [facts] = rows;
  if (!facts) throw fault('ClinicProtocol');
  return facts;
}

function serverFindings(
  { encoding, standby, cipher, local, hasTls }: Facts,
  { connection: { tls }, write }: ResolvedPostgresOptions,
): Finding[] {
  return [
    { topic: 'server', found: `Texts are stored in ${encoding}.` },
    standby ? standbyFinding(write !== null) : { topic: 'role', found: 'The server is a primary.' },
    encryptionFinding(cipher, tls, local, hasTls ? null : ENABLE_TLS),
  ];
}

const ENABLE_TLS = {
  gain: 'the server has a certificate (ssl_cert_file, ssl_key_file)',
  statements: ['alter system set ssl = on', 'select pg_reload_conf()'],
};

function standbyFinding(isToWrite: boolean): Finding {
  return {
    topic: 'role',
    severity: isToWrite ? 'fault' : 'warning',
    found: 'The server is a standby.',
    chosen: 'No bookings, and no pulse: it stands still there while changes arrive. Changes are found by digests.',
    better: {
      gain: 'Changes are noticed at once, and bookings can be made: connect to the primary, which this names',
      statements: ['select sender_host, sender_port from pg_stat_wal_receiver'],
    },
  };
}

function readRightsFinding(
  { superuser, powerful, writes }: Facts,
  { connection, write }: ResolvedPostgresOptions,
  bound: BoundSchema,
): Finding {
  const isShared = write !== null && write.user === connection.user;
  const statements = readingRole(bound);
  if (superuser) return rightsFinding('The login that reads is a superuser.', false, statements);
  if (powerful)
    return rightsFinding('The login that reads may make logins or databases, or passes by rules.', false, statements);
  if (writes) return rightsFinding('The login that reads may also write to a mapped table.', isShared, statements);
  return { topic: 'rights', found: 'The login that reads may only read.' };
}

const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`;

function readingRole(bound: BoundSchema): string[] {
  const grants = tablesRead(bound).map(({ path, columns }) => {
    const some = columns ? ` (${columns.map(quotedName).join(', ')})` : '';
    return `grant select${some} on ${path.map(quotedName).join('.')} to clinic_sync_read`;
  });
  return ["create role clinic_sync_read login password 'choose-one'", ...grants];
}

interface TableFacts {
  kind: string;
  rows: number;
  leading: string[] | null;
}

const KINDS: Readonly<Record<string, string>> = {
  r: 'A table',
  p: 'A partitioned table',
  v: 'A view',
  m: 'A materialized view, which shows nothing until it is refreshed',
  f: 'A foreign table',
};

async function tableFindings(db: Kysely<object>, source: Source): Promise<Finding[]> {
  const name = source.path.map(quotedName).join('.');
  const { rows } = await sql<TableFacts>`
    select c.relkind::text as kind, greatest(c.reltuples, 0)::float8 as rows, (
      select array_agg(distinct a.attname::text) from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = c.oid and i.indisvalid and i.indpred is null
    ) as leading
    from pg_class c where c.oid = to_regclass(${name})
  `.execute(db);
  const [facts] = rows;
  if (!facts) throw fault('ClinicProtocol');
  const { label } = source.mapping;
  const kind = KINDS[facts.kind] ?? 'A relation';
  return [
    { topic: 'storage', table: label, found: `${kind} of about ${String(Math.round(facts.rows))} rows.` },
    ...(facts.kind === 'r' || facts.kind === 'p'
      ? indexFindings({
          source,
          leading: facts.leading ?? [],
          // Of a table that was never analyzed the server knows nothing.
          rows: facts.rows > 0 ? facts.rows : null,
          create: (columns) => `create index concurrently on ${name} (${columns.map(quotedName).join(', ')})`,
        })
      : []),
    { topic: 'plan', table: label, found: `The future is read by: ${await planOf(db, source)}.` },
  ];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

async function planOf(db: Kysely<object>, source: Source): Promise<string> {
  const where = inStretch(source, { from: null, to: null, cutoff: Date.now() });
  const { rows } = await sql<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>`
    explain (format json) select count(*) from ${source.from} where ${where}
  `.execute(db);
  const scans: string[] = [];
  const visit = (node: PlanNode) => {
    const index = node['Index Name'];
    if (node['Node Type'].includes('Scan'))
      scans.push(index === undefined ? node['Node Type'] : `${node['Node Type']} on ${index}`);
    for (const child of node.Plans ?? []) visit(child);
  };
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  if (plan) visit(plan);
  return scans.join(', ') || 'an unknown plan';
}

function chosenFindings(
  options: ResolvedPostgresOptions,
  schema: PostgresOptions['schema'],
  { target }: BoundSchema,
  { snapshot, canWait }: Server,
): Finding[] {
  const pulse =
    snapshot === null
      ? 'digests under the governor'
      : canWait
        ? "the server's snapshot as the pulse, waited for in the server"
        : "the server's snapshot as the pulse, asked for again and again: this login may run no anonymous blocks";
  const capture: Finding =
    options.push === 'trigger'
      ? {
          topic: 'capture',
          found: 'Push by triggers was asked for.',
          chosen: `Beneath it: ${pulse}, and a digest every 10 s.`,
        }
      : {
          topic: 'capture',
          found: 'Nothing was installed at the clinic.',
          chosen: `Changes are noticed by ${pulse}; a digest at least every 10 s catches what else there is.`,
          ...(snapshot !== null && {
            better: {
              gain: "Changes are told in a millisecond or two: push: 'trigger', after",
              statements: postgresPushSql(schema, { channel: options.pushChannel }).install,
            },
          }),
        };
  return [
    {
      topic: 'isolation',
      found: 'Every statement sees one moment; transactions can hold one.',
      chosen: 'Resyncs read in one repeatable-read transaction, everything else in single statements.',
    },
    capture,
    {
      topic: 'lock',
      found: 'Advisory locks last as long as a session.',
      chosen: 'One process owns the clinic: pg_try_advisory_lock on the connection that watches the pulse.',
    },
    {
      topic: 'guard',
      found: 'Postgres has no lock on a gap between rows.',
      chosen:
        options.write === null || !target
          ? 'Nothing is written.'
          : `A booking is one guarded statement of at most ${String(WRITE_TIMEOUT_MS)} ms, and a look after its commit; a receptionist's insert never waits for it.`,
    },
  ];
}
