import { scopeOfKeys, WHOLE_FUTURE, type Scope } from '../../src/domain/scope.js';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { sqliteAdapter, type SqliteOptions } from '../../src/adapters/sqlite/index.js';
import { at, byId, codeOf, connect, eventually, never, nextEvent, ok } from './kit.js';

let folder: string;
let path: string;
let db: DatabaseSync;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clinic-sync-'));
  path = join(folder, 'clinic.db');
  db = new DatabaseSync(path);
  db.exec('create table appt (id integer primary key, p int, s text, e text)');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

function adapter(options: Partial<SqliteOptions> = {}) {
  const appointments = { table: 'appt', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' } as const;
  return sqliteAdapter({ path, schema: { zone: 'Australia/Sydney', appointments }, ...options });
}
const book = (id: number) => {
  db.exec(`insert into appt values (${String(id)}, 1, '2026-11-23 09:00', '2026-11-23 09:15')`);
};
const cutoff = at('2026-11-22T13:00Z');
const whole = { range: { stream: 'busy', from: null, to: null }, cutoff, signal: never } as const;

describe.each(['wal', 'delete'])('with journal mode %s', (mode) => {
  beforeEach(() => {
    db.exec(`pragma journal_mode = ${mode}`);
  });

  it('the pulse moves when a commit can be read, and at nothing else', async () => {
    const link = await connect(adapter({ watch: false }));
    const idle = await ok(link.pulse!(never));
    await ok(link.readRange(whole));
    await ok(link.now(never));
    expect(await ok(link.pulse!(never))).toBe(idle);
    db.exec('begin immediate');
    book(1);
    expect(await ok(link.pulse!(never))).toBe(idle);
    db.exec('commit');
    const moved = await ok(link.pulse!(never));
    expect(moved).not.toBe(idle);
    expect(byId((await ok(link.readRange(whole))).records)).toEqual(['1']);
    db.exec('begin; delete from appt; rollback');
    expect(await ok(link.pulse!(never))).toBe(moved);
    await link.close();
  });

  it('hints at a commit, once it can be read', async () => {
    const link = await connect(adapter());
    expect(link.push).toBe(true);
    for (const id of [1, 2, 3]) {
      const hints: Scope[] = [];
      link.events.on('hint', (scope) => hints.push(scope));
      book(id);
      // The new row first, then everything: a deletion shows nowhere else.
      await expect.poll(() => hints.length).toBe(2);
      expect(hints).toEqual([scopeOfKeys([{ stream: 'busy', id: String(id) }]), WHOLE_FUTURE]);
      link.events.removeAllListeners('hint');
      expect((await ok(link.readRange(whole))).records).toHaveLength(id);
    }
    await link.close();
  });

  it('never keeps a writer out while nothing is being read', async () => {
    const link = await connect(adapter());
    await ok(link.readRange(whole));
    db.exec('pragma busy_timeout = 0; begin exclusive');
    book(1);
    db.exec('commit');
    await link.close();
  });

  it('a file that is replaced or removed ends the link, once', async () => {
    const link = await connect(adapter({ watch: false }));
    let lost = 0;
    link.events.on('lost', () => lost++);
    const end = nextEvent(link.events, 'lost');
    const other = new DatabaseSync(join(folder, 'other.db'));
    other.exec('create table appt (id integer primary key, p int, s text, e text)');
    other.close();
    renameSync(join(folder, 'other.db'), path);
    expect(await codeOf(link.pulse!(never))).toBe('ClinicUnreachable');
    expect((await end).code).toBe('ClinicUnreachable');
    rmSync(path);
    expect(await codeOf(link.now(never))).toBe('ClinicUnreachable');
    expect(lost).toBe(1);
    await link.close();
    await link.close();
    expect(await codeOf(adapter().connect({ clinicId: 'c', signal: never }))).toBe('ClinicUnreachable');
  });
});

it('the watch notices a replaced file by itself', async () => {
  const link = await connect(adapter());
  const end = nextEvent(link.events, 'lost');
  rmSync(path);
  expect((await end).code).toBe('ClinicUnreachable');
  await link.close();
});

it('holds one moment still in write-ahead mode, and offers no snapshot where that would keep writers out', async () => {
  db.exec('pragma journal_mode = delete');
  const plain = await connect(adapter());
  expect(plain.openSnapshot).toBeUndefined();
  await plain.close();
  db.exec('pragma journal_mode = wal');
  const link = await connect(adapter());
  const snapshot = await ok(link.openSnapshot!(never));
  expect(snapshot.pulse).toBe(await ok(link.pulse!(never)));
  db.exec('pragma busy_timeout = 0');
  book(1);
  expect((await ok(snapshot.readRange(whole))).records).toEqual([]);
  expect((await ok(link.readRange(whole))).records).toHaveLength(1);
  expect(snapshot.pulse).not.toBe(await ok(link.pulse!(never)));
  await snapshot.close();
  await snapshot.close();
  await link.close();
});

it('answers ClinicBusy while a writer has the file to itself', async () => {
  const link = await connect(adapter({ busyTimeoutMs: 20 }));
  db.exec('begin exclusive');
  expect(await codeOf(link.readRange(whole))).toBe('ClinicBusy');
  db.exec('rollback');
  await ok(link.readRange(whole));
  await link.close();
});

it('reads no file that is not there or not a database, and makes none', async () => {
  const missing = { path: join(folder, 'none.db') };
  expect(await codeOf(adapter(missing).connect({ clinicId: 'c', signal: never }))).toBe('ClinicUnreachable');
  const { existsSync } = await import('node:fs');
  expect(existsSync(missing.path)).toBe(false);
  writeFileSync(join(folder, 'text'), 'no database'.repeat(1_000));
  const text = { path: join(folder, 'text') };
  expect(await codeOf(adapter(text).connect({ clinicId: 'c', signal: never }))).toBe('ClinicProtocol');
});

it('a table that goes away is a SchemaMismatch, and an aborted call is Aborted', async () => {
  const link = await connect(adapter());
  await ok(link.readRange(whole));
  db.exec('drop table appt');
  expect(await codeOf(link.readRange(whole))).toBe('SchemaMismatch');
  const aborted = { ...whole, signal: AbortSignal.abort() };
  expect(await codeOf(link.readRange(aborted))).toBe('Aborted');
  await link.close();
});

it("tells the machine's time", async () => {
  const link = await connect(adapter());
  const now = await ok(link.now(never));
  expect(Math.abs(now - Date.now())).toBeLessThan(2_000);
  await eventually(async () => (await ok(link.now(never))) > now);
  await link.close();
});
