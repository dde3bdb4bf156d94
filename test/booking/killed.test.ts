/** The host's process is killed between each pair of steps of a booking, on real engines; the next process puts it right. */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { sharedMysql } from '../servers/mysql.js';
import { sharedPostgres } from '../servers/postgres.js';
import { outcome, startHost } from './host.js';
import type { KillOrder, Moment } from './killed-host.js';
import { inSlot, slotOf, type PracticeClinic } from './practice.js';
import { mysqlPractice } from './practice-mysql.js';
import { postgresPractice } from './practice-postgres.js';
import { sqlitePractice } from './practice-sqlite.js';

const server = await sharedPostgres();
const mysql = await sharedMysql();
const file = resolve(import.meta.dirname, '../../.tmp/booking', `killed-host-${process.pid}.mjs`);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clinic-sync-killed-'));
  await build({
    entryPoints: [join(import.meta.dirname, 'killed-host.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['pg-native'],
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    outfile: file,
    logLevel: 'warning',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the next process finds: what was told to nobody must not be booked, and nothing may stay in doubt. */
const MOMENTS: readonly (readonly [moment: Moment, result: string])[] = [
  ['before sent', 'unknown'],
  ['after sent', 'NotMade'],
  ['after statement', 'booked'],
  ['before closed', 'booked'],
  ['after closed', 'booked'],
  ['before withdrawing', 'SlotTaken'],
  ['after withdrawing', 'SlotTaken'],
  ['after withdrawal', 'SlotTaken'],
];

type Reach = Pick<KillOrder, 'path' | 'server'>;
const engines: [string, boolean, () => Promise<{ clinic: PracticeClinic; reach: Reach }>][] = [
  [
    'sqlite',
    true,
    async () => {
      const clinic = await sqlitePractice('wal');
      return { clinic, reach: { path: clinic.path } };
    },
  ],
  [
    'postgres',
    server !== undefined,
    async () => {
      const clinic = await postgresPractice(server?.url ?? '');
      return { clinic, reach: { server: { engine: 'postgres', url: clinic.readerUrl, write: clinic.writer } } };
    },
  ],
  [
    'mysql',
    mysql !== undefined,
    async () => {
      const clinic = await mysqlPractice(mysql?.url ?? '');
      return { clinic, reach: { server: { engine: 'mysql', url: clinic.readerUrl, write: clinic.writer } } };
    },
  ],
];

describe.each(engines)('a host of a %s clinic that is killed', (engine, isThere, open) => {
  let opened: ReturnType<typeof open> | undefined;
  afterAll(async () => (await opened)?.clinic.dispose());

  // SQLite has one writer at a time, and a host that waits for another's would not do what it was to be killed in.
  const how = { timeout: 60_000, concurrent: engine !== 'sqlite', skip: !isThere };
  it.each(MOMENTS)('%s: %s', how, async (moment, result) => {
    const { clinic, reach } = await (opened ??= open());
    const nth = 1 + MOMENTS.findIndex(([each]) => each === moment);
    const clinicId = `killed-${engine}-${nth}`;
    const mirror = join(folder, `${clinicId}.mirror`);
    const order: KillOrder = { moment, ...reach, mirror, clinicId, nth };
    const host = fork(file, [JSON.stringify(order)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
    const said: unknown[] = [];
    host.on('message', (message) => {
      said.push(message);
      if (message === 'clash') void clinic.insert(slotOf(nth)).then(() => host.send('done'));
    });
    const signal = await new Promise((ended) => host.once('exit', (_code, by) => ended(by)));
    expect([signal, said.filter((message) => message !== 'clash')]).toEqual(['SIGKILL', []]);

    // The server may take a moment to see that the dead owner's session is gone.
    const next = await startHost({ clinicId, adapter: clinic.adapter(), mirror: sqliteMirror({ path: mirror }) });
    const found = await outcome(next.sync.outcome(moment));
    expect(typeof found === 'string' ? found : found.result).toBe(result);
    const ours = inSlot(await clinic.rows(), slotOf(nth)).filter(({ token }) => token !== null);
    expect(ours).toHaveLength(result === 'booked' ? 1 : 0);
    // The same key never makes a second one.
    if (result !== 'unknown') {
      await outcome(next.sync.book({ slot: slotOf(nth), idempotencyKey: moment }));
      const rows = inSlot(await clinic.rows(), slotOf(nth)).filter(({ token }) => token !== null);
      expect(rows).toEqual(ours);
    }
    await next.sync.stop();
  });
});
