import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { sql, type Kysely } from 'kysely';

import { inOrder, type ClinicDescription, type Finding } from '../../domain/description.js';
import { bindSchema } from '../sql/check.js';
import { indexFindings, settlementFinding } from '../sql/describe.js';
import { hoursFindings } from '../sql/describe-zone.js';
import type { Source } from '../sql/source.js';
import { inStretch } from '../sql/where.js';
import { sqliteCatalog } from './catalog.js';
import { isWriteAhead, openConnection } from './connect.js';
import { SQLITE_ENGINE } from './engine.js';
import type { ResolvedSqliteOptions } from './options.js';
import { hearsEveryWrite } from './push.js';

/** Reads the file's catalog and plans on a connection of its own that may only read. */
export async function describe(options: ResolvedSqliteOptions): Promise<ClinicDescription> {
  const connection = openConnection(options);
  try {
    const { db } = connection;
    const { sources, rosters, target } = await bindSchema(options.schema, SQLITE_ENGINE, sqliteCatalog(db));
    const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
    const perTable: Finding[] = [];
    for (const source of sources) perTable.push(...(await tableFindings(db, source)));
    return {
      engine: 'sqlite',
      version: rows[0]?.version ?? '',
      findings: inOrder([
        {
          topic: 'server',
          found: `The library runs in this process; the file has ${String((await stat(options.path)).size)} bytes.`,
        },
        { topic: 'clock', found: "The clinic's clock is this machine's." },
        ...(await hoursFindings(db, sources, rosters.length > 0)),
        await rightsFinding(options),
        ...perTable,
        await journalFinding(db),
        await captureFinding(options),
        {
          topic: 'lock',
          found: 'A file has no lock that lasts.',
          chosen: 'Two owners are not kept apart by the clinic; the write lock keeps each booking exact.',
        },
        {
          topic: 'guard',
          found: 'SQLite has one writer at a time.',
          chosen: options.write
            ? `A booking is one short transaction that holds the write lock; it gives up after ${String(options.busyTimeoutMs)} ms where somebody else writes.`
            : 'Nothing is written.',
        },
        settlementFinding(options.schema, target, options.write),
      ]),
    };
  } finally {
    connection.close();
  }
}

async function rightsFinding({ path, write }: ResolvedSqliteOptions): Promise<Finding> {
  const may = (file: string) =>
    access(file, constants.W_OK).then(
      () => true,
      () => false,
    );
  const writable = (await may(path)) && (await may(dirname(path)));
  if (write && !writable)
    return {
      topic: 'rights',
      severity: 'fault',
      found: 'The file or its folder may not be written by this process.',
      chosen: 'Bookings are refused with PermissionDenied.',
      better: { gain: 'Bookings: write access to both, for the journal beside the file.', statements: [] },
    };
  return {
    topic: 'rights',
    found: writable ? 'The file may be written by this process.' : 'The file may only be read.',
  };
}

async function tableFindings(db: Kysely<object>, source: Source): Promise<Finding[]> {
  const { label } = source.mapping;
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const name = source.path.map(quoted).join('.');
  const { rows } = await sql<{ kind: string }>`
    select type as kind from sqlite_master where lower(name) = lower(${source.path.at(-1)})
  `.execute(db);
  const isTable = rows[0]?.kind === 'table';
  const indexes = indexFindings({
    source,
    leading: await leadersOf(db, source),
    rows: isTable ? await fewRows(db, source) : null,
    create: (columns) =>
      `create index ${quoted(`${source.path.at(-1) ?? ''}_by_${columns.join('_')}`)} on ${name} (${columns.map(quoted).join(', ')})`,
  });
  return [
    { topic: 'storage', table: label, found: isTable ? 'A table.' : 'A view.' },
    ...(isTable ? indexes : []),
    { topic: 'plan', table: label, found: `The future is read by: ${await planOf(db, source)}.` },
  ];
}

const FEW = 1_000;

/** How many rows there are, where they are few; `null` for more, which only reading them all would count. */
async function fewRows(db: Kysely<object>, { from }: Source): Promise<number | null> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (select 1 from ${from} limit ${FEW})
  `.execute(db);
  const n = rows[0]?.n ?? FEW;
  return n < FEW ? n : null;
}

/** The columns that indexes begin with; the row id and what stands for it among them. */
async function leadersOf(db: Kysely<object>, { path, id, from }: Source): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select i.name as name from pragma_index_list(${path.at(-1)}) l, pragma_index_info(l.name) i
    where i.seqno = 0 and l.partial = 0
  `.execute(db);
  const { rows: plan } = await sql<{ detail: string }>`
    explain query plan select 1 from ${from} where ${id.only?.reference ?? sql`0`} = 1
  `.execute(db);
  const byId = plan.every(({ detail }) => detail.startsWith('SEARCH'));
  return [...rows.map(({ name }) => name), ...(byId ? id.columns.slice(0, 1) : [])];
}

async function planOf(db: Kysely<object>, source: Source): Promise<string> {
  const where = inStretch(source, { from: null, to: null, cutoff: Date.now() });
  const { rows } = await sql<{ detail: string }>`
    explain query plan select count(*) from ${source.from} where ${where}
  `.execute(db);
  return rows.map(({ detail }) => detail.toLowerCase()).join(', ');
}

async function journalFinding(db: Kysely<object>): Promise<Finding> {
  if (await isWriteAhead(db))
    return {
      topic: 'isolation',
      found: 'The file is in write-ahead mode: readers and writers do not wait for each other.',
      chosen: 'Resyncs read one moment.',
    };
  return {
    topic: 'isolation',
    found: 'The file has a rollback journal: whoever reads keeps writers out meanwhile.',
    chosen: 'No moment is held; short statements alone, and what is torn is read again.',
    better: {
      gain: "Receptionists never wait for a reader, if the practice's software agrees.",
      statements: ['pragma journal_mode = wal'],
    },
  };
}

async function captureFinding({ path, watch }: ResolvedSqliteOptions): Promise<Finding> {
  const pulse = 'PRAGMA data_version is the pulse; a digest at least every 10 s catches what else there is.';
  if (!watch) return { topic: 'capture', found: 'The file watch is turned off.', chosen: pulse };
  if (await hearsEveryWrite(path))
    return {
      topic: 'capture',
      found: 'Every write to the files is heard of.',
      chosen: `A file watch; beneath it, ${pulse}`,
    };
  return {
    topic: 'capture',
    found: 'The file is on a network: a watch hears of no other machine’s writes.',
    chosen: pulse,
  };
}
