/** The statements of docs/RIGHTS.md, run as they stand: they are enough for everything, and for nothing else. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { mysqlAdapter } from '../src/adapters/mysql/index.js';
import { postgresAdapter } from '../src/adapters/postgres/index.js';
import { outcome, startHost } from './booking/host.js';
import { inSlot, SCHEMA, slotOf } from './booking/practice.js';
import { mysqlPractice } from './booking/practice-mysql.js';
import { postgresPractice } from './booking/practice-postgres.js';
import { sharedMysql } from './servers/mysql.js';
import { sharedPostgres } from './servers/postgres.js';

const text = await readFile(join(import.meta.dirname, '../docs/RIGHTS.md'), 'utf8');
const [postgres, mysql] = [await sharedPostgres(), await sharedMysql()];
const opened: { dispose(): Promise<void> }[] = [];
afterAll(() => Promise.all(opened.map((clinic) => clinic.dispose())));

/** The statements under a heading, for logins of this run alone: they belong to the whole server. */
function statementsOf(heading: string, suffix: string): string[] {
  const block = /```sql\n([\s\S]*?)```/.exec(text.slice(text.indexOf(`## ${heading}`)))?.[1] ?? '';
  return block
    .replaceAll(/clinic_sync_(read|write)/g, `$&_${suffix}`)
    .split(';\n')
    .filter((statement) => statement.trim() !== '');
}

const engines = [
  {
    heading: 'Postgres',
    url: postgres?.url,
    open: postgresPractice,
    make: postgresAdapter,
    drop: (role: string) => `drop owned by ${role}; drop role ${role}`,
  },
  {
    heading: 'MySQL, MariaDB',
    url: mysql?.url,
    open: mysqlPractice,
    make: mysqlAdapter,
    drop: (role: string) => `drop user ${role}@'%'`,
  },
] as const;

describe.each(engines)('the rights of docs/RIGHTS.md: $heading', ({ heading, url, open, make, drop }) => {
  it.skipIf(url === undefined)('are enough to read, book and delete, and describe() finds none too many', async () => {
    const clinic = await open(url ?? '');
    opened.push(clinic);
    const suffix = randomBytes(4).toString('hex');
    for (const statement of statementsOf(heading, suffix)) await clinic.run(statement);
    const reached = new URL(clinic.readerUrl);
    reached.username = `clinic_sync_read_${suffix}`;
    reached.password = 'choose-one';
    const write = { user: `clinic_sync_write_${suffix}`, password: 'choose-another' };
    try {
      const { sync } = await startHost({ adapter: make({ connection: reached.href, schema: SCHEMA, write }) });
      const booked = await outcome(sync.book({ slot: slotOf(1), idempotencyKey: 'a', details: { patient: 'P-1' } }));
      if (typeof booked === 'string') throw new Error(booked);
      expect(inSlot(await clinic.rows(), slotOf(1))).toHaveLength(1);
      expect(await outcome(sync.delete({ ...booked.row, idempotencyKey: 'b' }))).toMatchObject({ idempotencyKey: 'b' });
      expect(inSlot(await clinic.rows(), slotOf(1))).toEqual([]);
      const rights = (await sync.describe())._unsafeUnwrap().findings.filter(({ topic }) => topic === 'rights');
      expect(rights.map(({ better }) => better)).toEqual([undefined]);
      await sync.stop();
    } finally {
      for (const role of [reached.username, write.user]) await clinic.run(drop(role));
    }
  });
});
