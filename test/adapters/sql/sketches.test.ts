/** Sketches of keys of every form, in two tables and two zones, beside clock changes: always the sums of the rows that are read. */
import { describe, expect, it } from 'vitest';

import type { ClinicAdapter } from '../../../src/adapters/adapter.js';
import { mysqlAdapter } from '../../../src/adapters/mysql/index.js';
import { postgresAdapter } from '../../../src/adapters/postgres/index.js';
import type { ClinicSchema } from '../../../src/adapters/sql/index.js';
import { SketchSum } from '../../../src/domain/sketch.js';
import { dayEdges, startOfDay } from '../../../src/domain/zone.js';
import { freshMysqlDatabase, sharedMysql } from '../../servers/mysql.js';
import { freshDatabase, sharedPostgres } from '../../servers/postgres.js';

const ZONE = 'Australia/Melbourne';
const CUTOFF = Date.UTC(2027, 2, 20);
const signal = new AbortController().signal;

const columns = {
  id: 'id',
  practitioner: 'doctor',
  location: 'room',
  start: 'starts',
  end: 'ends',
  time: 'wall',
} as const;
const schema: ClinicSchema = {
  zone: ZONE,
  zones: { perth: 'Australia/Perth' },
  appointments: { table: 'appt', ...columns },
  blockouts: { table: 'away', ...columns },
};

/** Half-hours over three weeks in which clocks go back. */
const times = Array.from({ length: 300 }, (_, i) =>
  new Date(CUTOFF + i * 100 * 60_000).toISOString().slice(0, 16).replace('T', ' '),
);
const values = (id: (i: number) => string, from: number) =>
  times
    .slice(from)
    .map(
      (time, i) =>
        `(${id(i)}, 'd${String(i % 3)}', '${i % 4 === 0 ? 'perth' : 'main'}', '${time}', '${time.slice(0, 11)}23:59')`,
    )
    .join(', ');

const guid = (i: number) => `'a0eebc99-9c0b-4ef8-bb6d-${(i * 7_919).toString(16).padStart(12, '0')}'`;

interface Keys {
  readonly name: string;
  readonly appt: readonly [type: string, id: (i: number) => string];
  readonly away: readonly [type: string, id: (i: number) => string];
}

const KEYS = (guids: string): readonly Keys[] => [
  { name: 'small', appt: ['int', String], away: ['smallint', String] },
  { name: 'big', appt: ['bigint', (i) => String(8_000_000_000_000_000_000n + BigInt(i))], away: ['int', String] },
  { name: 'GUIDs', appt: [guids, guid], away: ['bigint', (i) => String(2 ** 40 + i)] },
];

const tables = ({ appt, away }: Keys) =>
  [
    `create table appt (id ${appt[0]} primary key, doctor varchar(9), room varchar(9), starts timestamp, ends timestamp)`,
    `create table away (id ${away[0]} primary key, doctor varchar(9), room varchar(9), starts timestamp, ends timestamp)`,
    `insert into appt values ${values(appt[1], 0)}`,
    `insert into away values ${values(away[1], 200)}`,
  ] as const;

async function expectSums(adapter: ClinicAdapter): Promise<void> {
  const link = (await adapter.connect({ clinicId: 'sketches', signal }))._unsafeUnwrap();
  const ids = link.sketchIds?.busy;
  if (!ids || !link.sketch || !link.digest) throw new Error('no sketches');
  const start = startOfDay(CUTOFF, ZONE);
  const edges = [start, ...dayEdges(start, 25, ZONE)];
  const cutoff = CUTOFF;
  const read = (await link.sketch({ stream: 'busy', edges, cutoff, cells: 64, signal }))._unsafeUnwrap();
  expect(read.digests).toEqual((await link.digest({ stream: 'busy', edges, cutoff, signal }))._unsafeUnwrap());
  const all = { stream: 'busy', from: null, to: null } as const;
  const { records, skipped } = (await link.readRange({ range: all, cutoff, signal }))._unsafeUnwrap();
  expect([records.length, skipped.length]).toEqual([400, 0]);
  const sum = new SketchSum(64, ids.words);
  for (const { row, hash } of records) {
    const words = ids.wordsOf(row.id);
    expect(words && ids.idOf(words)).toBe(row.id);
    if (words) sum.add({ hash, words });
  }
  expect(JSON.parse(JSON.stringify(read.sketch))).toEqual(JSON.parse(JSON.stringify({ low: sum.low, high: sum.high })));
  await link.close();
}

const postgres = await sharedPostgres();
const mysql = await sharedMysql();

describe.skipIf(!postgres)('sketches on Postgres', () => {
  it.each(KEYS('uuid'))('of $name keys', async (keys) => {
    const { admin, reader, readerUrl, drop } = await freshDatabase(postgres?.url ?? '');
    for (const text of tables(keys)) await admin.query(text);
    await admin.query(`grant select on appt, away to ${reader}`);
    await expectSums(postgresAdapter({ connection: readerUrl, schema }));
    await drop();
  });
});

describe.skipIf(!mysql)('sketches on MySQL and MariaDB', () => {
  it.each(KEYS('uuid'))('of $name keys', async (keys) => {
    const { admin, reader, readerUrl, drop } = await freshMysqlDatabase(mysql?.url ?? '');
    const [rows] = await admin.query('select version() as version');
    const isMariadb = String((rows as { version: string }[])[0]?.version).includes('MariaDB');
    // MySQL has no type of its own for them.
    if (isMariadb || keys.name !== 'GUIDs') {
      for (const text of tables(keys)) await admin.query(text.replaceAll('timestamp', 'datetime'));
      for (const table of ['appt', 'away']) await admin.query(`grant select on ${table} to ${reader}`);
      await expectSums(mysqlAdapter({ connection: readerUrl, schema }));
    }
    await drop();
  });
});
