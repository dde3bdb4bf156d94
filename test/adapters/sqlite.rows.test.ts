import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import type { TimeForm } from '../../src/adapters/sql/index.js';
import { bindSchema } from '../../src/adapters/sql/check.js';
import { readRange } from '../../src/adapters/sql/read.js';
import { resolveSchema } from '../../src/adapters/sql/schema/resolve.js';
import { sqliteAdapter, type ClinicSchema } from '../../src/adapters/sqlite/index.js';
import { sqliteCatalog } from '../../src/adapters/sqlite/catalog.js';
import { kyselyOver } from '../../src/adapters/sqlite/dialect.js';
import { SQLITE_ENGINE } from '../../src/adapters/sqlite/engine.js';
import { DAY } from '../../src/domain/instant.js';
import { at, byId, connect, digestsOf, never, ok } from './kit.js';
import { expectedRows, pinned } from './oracle.js';
import { clinic, stored, ZONE } from './random-rows.js';

const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let files = 0;
function freshFile(sql: string): { path: string; db: DatabaseSync } {
  const path = join(folder, `${String(files++)}.db`);
  const db = new DatabaseSync(path);
  db.exec(sql);
  return { path, db };
}

const schema: ClinicSchema = {
  zone: ZONE,
  appointments: { table: 'appt', id: 'id', practitioner: 'p', location: 'loc', start: 's', end: 'e', time: 'wall' },
};
const TABLE = 'create table appt (id integer primary key, p, loc, s, e); create index appt_s on appt (s);';
const whole = { range: { stream: 'busy', from: null, to: null }, signal: never } as const;

describe('rows and digests of random clinics', () => {
  const forms: readonly (readonly [TimeForm, 'text' | 'integer'])[] = [
    ['wall', 'text'],
    ['utc', 'text'],
    ['instant', 'text'],
    ['epoch-ms', 'integer'],
    ['epoch-s', 'integer'],
  ];
  it.each(forms)(
    '%s as %s: exactly the rows asked for, and digests that are their sums',
    async (time, type) => {
      const { path, db } = freshFile(TABLE.replace('s, e', `s ${type}, e ${type}`));
      const link = await connect(
        sqliteAdapter({ path, watch: false, schema: { ...schema, appointments: { ...schema.appointments, time } } }),
      );
      const insert = db.prepare('insert into appt values (?, ?, ?, ?, ?)');
      const property = fc.asyncProperty(clinic, async (drawn) => {
        const random = pinned(drawn, time);
        db.exec('begin; delete from appt');
        for (const { id, practitioner, location, start, end } of random.rows) {
          insert.run(id, practitioner, location, stored(time, start), stored(time, end));
        }
        db.exec('commit');
        const { cutoff, edges } = random;
        const all = await ok(link.readRange({ ...whole, cutoff }));
        const expected = expectedRows(random, time, null, null);
        expect(byId(all.records)).toEqual(expected.good);
        // Text with offsets is not told apart from broken rows before the cutoff's day by SQL alone.
        if (time !== 'instant') expect(all.skipped.map(({ key }) => key.id).sort()).toEqual(expected.skipped);
        const digests = await ok(link.digest!({ stream: 'busy', edges, cutoff, signal: never }));
        expect(digests.reduce((sum, { count }) => sum + count, 0)).toBe(all.records.length + all.skipped.length);
        for (let i = 0; i <= edges.length; i++) {
          const from = edges[i - 1] ?? null;
          const to = edges[i] ?? null;
          const part = await ok(link.readRange({ range: { stream: 'busy', from, to }, cutoff, signal: never }));
          expect(byId(part.records)).toEqual(expectedRows(random, time, from, to).good);
          if (part.skipped.length === 0) expect(digests[i]).toEqual(digestsOf(part.records, [])[0]);
        }
      });
      await fc.assert(property, { numRuns: 60 });
      await link.close();
      db.close();
    },
    30_000,
  );
});

describe('what a file may hold', () => {
  it('finds rows by id in whatever class the id is stored', async () => {
    const { path, db } = freshFile('create table appt (id, p, loc, s, e); create index i on appt (id)');
    const insert = db.prepare('insert into appt values (?, 1, null, ?, ?)');
    const ids = [7, '8', Buffer.from('9'), 2.5, "o'brien", 'blockout:1', 'x\u001fy', '☃', ''];
    for (const id of ids) insert.run(id, '2026-11-23 09:00', '2026-11-23 09:15');
    const link = await connect(sqliteAdapter({ path, schema }));
    const cutoff = at('2026-11-22T13:00Z');
    const read = await ok(link.readRange({ ...whole, cutoff }));
    expect(read.records).toHaveLength(ids.length);
    const asked = byId(read.records);
    const found = await ok(link.readKeys!({ stream: 'busy', ids: [...asked, '404', '07'], cutoff, signal: never }));
    expect(byId(found.records)).toEqual(asked);
    await link.close();
    db.close();
  });

  it('remembers the digests of days only for as long as they are the same, separators in the data or not', async () => {
    const { path, db } = freshFile(TABLE);
    const link = await connect(sqliteAdapter({ path, watch: false, schema }));
    const insert = db.prepare('insert into appt values (?, ?, ?, ?, ?)');
    const midnight = at('2026-11-22T13:00Z');
    const edges = [midnight, midnight + DAY, midnight + 2 * DAY];
    const changes: (() => unknown)[] = [
      () => insert.run(1, 'x', null, '2026-11-23 09:00', '2026-11-23 09:15'),
      () => insert.run(2, 'x', 'room', '2026-11-23 09:00', '2026-11-23 09:15'),
      () => insert.run(3, 'x\u001dy', '\u001eN', '2026-11-23 10:00', '2026-11-23 10:15'),
      () => insert.run(4, 'x\u001fy', null, '2026-11-24 10:00', '2026-11-24 10:15'),
      () => insert.run(5, 'x', 'y\u001d6\u001fx', '2026-11-24 10:00', '2026-11-24 10:15'),
      () => db.exec(`update appt set p = 'other' where id = 1`),
      () => db.exec(`update appt set s = '2026-11-25 09:00', e = '2026-11-25 09:15' where id = 2`),
      () => db.exec('delete from appt where id = 3'),
      () => db.exec('delete from appt'),
    ];
    const questions = [midnight, midnight + DAY, midnight].flatMap((cutoff) => [
      { cutoff, asked: edges },
      { cutoff, asked: edges.slice(1) },
    ]);
    for (const { cutoff, asked } of questions) {
      for (const change of changes) {
        change();
        const { records } = await ok(link.readRange({ ...whole, cutoff }));
        const digests = await ok(link.digest!({ stream: 'busy', edges: asked, cutoff, signal: never }));
        expect(digests).toEqual(digestsOf(records, asked));
      }
    }
    await link.close();
    db.close();
  });

  it('skips what cannot be decoded, and says where and why without its content', async () => {
    const { path, db } = freshFile(TABLE);
    db.exec(`insert into appt values
      (1, null, null, '2026-11-23 09:00', '2026-11-23 09:15'),
      (2, 1, null, '2026-11-23 9:00', '2026-11-23 09:15'),
      (3, 1, null, '2026-11-23 09:00', null),
      (4, 1, null, '2026-11-23 09:00', 'secret'),
      (5, 1, null, '2026-11-23 09:00', '2026-11-23 08:00'),
      (6, 1, '', '2026-11-23 09:00', '2026-11-23 09:15'),
      (7, '0', '0', '2026-11-23 09:00', '2026-11-23 09:15')`);
    const none = { ...schema, appointments: { ...schema.appointments, none: ['0', ''] } };
    const link = await connect(sqliteAdapter({ path, schema: none }));
    const read = await ok(link.readRange({ ...whole, cutoff: at('2026-11-22T13:00Z') }));
    expect(byId(read.records)).toEqual(['6']);
    expect(read.records[0]?.row.locationId).toBeNull();
    expect(read.skipped.map(({ key, field, rule }) => `${key.id} ${field} ${rule}`).sort()).toEqual([
      '1 practitioner names nobody',
      '2 start not a time',
      '3 end is NULL',
      '4 end not a time',
      '5 end ends before it starts',
      '7 practitioner names nobody',
    ]);
    await link.close();
    db.close();
  });

  it('reads blockouts and sessions beside appointments, under hostile names', async () => {
    const { path, db } = freshFile(`
      create table "a""; drop table b; --" ("the id" integer primary key, "p.1" int, p2 int, "select" text, "e'" text);
      insert into "a""; drop table b; --" values (1, 1, 2, '2026-11-23 09:00', '2026-11-23 09:15');
      create table b (id integer primary key, p int, s text, e text);
      insert into b values (1, 2, '2026-11-23 10:00', '2026-12-23 10:00');
      create table roster (id integer primary key, p int, s int, e int, m int);
      insert into roster values (1, 2, 1795384800, 1795413600, 15), (2, 2, 1795384800, 1795413600, -1)`);
    const mapped: ClinicSchema = {
      zone: ZONE,
      appointments: {
        table: 'a"; drop table b; --',
        id: 'the id',
        practitioner: ['p.1', 'p2'],
        start: 'select',
        end: "e'",
        time: 'wall',
      },
      blockouts: { table: 'b', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' },
      sessions: {
        table: 'roster',
        id: 'id',
        practitioner: 'p',
        start: 's',
        end: 'e',
        time: 'epoch-s',
        slotMinutes: 'm',
      },
    };
    const adapter = sqliteAdapter({ path, schema: mapped });
    expect(adapter.hasSessions).toBe(true);
    const link = await connect(adapter);
    const cutoff = at('2026-11-22T13:00Z');
    const busy = await ok(link.readRange({ ...whole, cutoff }));
    expect(busy.records.map(({ row }) => [row.id, row.kind, row.practitionerIds])).toEqual([
      ['1', 'appointment', ['1', '2']],
      ['blockout:1', 'blockout', ['2']],
    ]);
    const one = { stream: 'busy', from: null, to: null, practitionerId: '1' } as const;
    expect(byId((await ok(link.readRange({ range: one, cutoff, signal: never }))).records)).toEqual(['1']);
    const sessions = await ok(
      link.readRange({ range: { ...one, stream: 'session', practitionerId: '2' }, cutoff, signal: never }),
    );
    expect(sessions.records.map(({ row }) => row.slotMs)).toEqual([15 * 60_000]);
    expect(sessions.skipped).toEqual([
      { key: { stream: 'session', id: '2' }, field: 'slotMinutes', rule: 'not a length in minutes' },
    ]);
    await link.close();
    db.close();
  });

  it('names what is missing and what is like it', async () => {
    const { path, db } = freshFile(TABLE);
    const wrong = async (appointments: Partial<ClinicSchema['appointments']>) => {
      const mapped = { ...schema, appointments: { ...schema.appointments, ...appointments } };
      const failed = await sqliteAdapter({ path, schema: mapped }).connect({ clinicId: 'c', signal: never });
      return failed.isErr() ? [failed.error.code, failed.error.field, failed.error.message] : failed.value;
    };
    expect(await wrong({ table: 'apt' })).toEqual([
      'SchemaMismatch',
      'schema.appointments.table',
      'There is no table "apt" (schema.appointments.table). Most like it: "appt".',
    ]);
    expect(await wrong({ location: 'lok' })).toEqual([
      'SchemaMismatch',
      'schema.appointments.location',
      'There is no column "lok" (schema.appointments.location). Most like it: "loc".',
    ]);
    db.close();
  });
});

it('looks at an index range of starts only, however long the history', async () => {
  const { path, db } = freshFile(TABLE.replace('s, e', 's text, e text'));
  db.exec(`with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000)
    insert into appt select i, i % 5, 'a', datetime('2026-12-31', (-15 * i) || ' minutes'),
      datetime('2026-12-31', (-15 * i + 15) || ' minutes') from n`);
  const statements: string[] = [];
  const spied = new DatabaseSync(path, { readOnly: true });
  const prepare = spied.prepare.bind(spied);
  spied.prepare = (text: string) => (statements.push(text), prepare(text));
  const kysely = kyselyOver(spied);
  const { sources } = await bindSchema(resolveSchema(schema), SQLITE_ENGINE, sqliteCatalog(kysely));
  const cutoff = at('2026-12-29T13:00Z');
  await readRange(kysely, sources, { range: whole.range, cutoff });
  await readRange(kysely, sources, { range: { stream: 'busy', from: cutoff, to: cutoff + DAY }, cutoff });
  const plans = statements
    .filter((text) => text.includes('"appt"'))
    .map((text) =>
      prepare(`explain query plan ${text}`)
        .all()
        .map((step) => step['detail'])
        .join('; '),
    );
  expect(plans).toEqual(['SEARCH t USING INDEX appt_s (s>?)', 'SEARCH t USING INDEX appt_s (s>? AND s<?)']);
  spied.close();
  db.close();
});
