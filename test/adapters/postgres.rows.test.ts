import fc from 'fast-check';
import { Client, type QueryConfig } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { postgresAdapter, type ClinicSchema, type TimeForm } from '../../src/adapters/postgres/index.js';
import { postgresCatalog } from '../../src/adapters/postgres/catalog.js';
import { digest } from '../../src/adapters/postgres/digest.js';
import { kyselyOver } from '../../src/adapters/postgres/dialect.js';
import { POSTGRES_ENGINE } from '../../src/adapters/postgres/engine.js';
import { bindSchema } from '../../src/adapters/sql/check.js';
import { readRange } from '../../src/adapters/sql/read.js';
import { resolveSchema } from '../../src/adapters/sql/schema/resolve.js';
import { DAY } from '../../src/domain/instant.js';
import { freshDatabase, sharedPostgres, type TestDatabase } from '../servers/postgres.js';
import { at, byId, codeOf, connect, digestsOf, never, ok } from './kit.js';
import { expectedRows, pinned } from './oracle.js';
import { clinic, stored, ZONE } from './random-rows.js';

const server = await sharedPostgres();
const whole = { range: { stream: 'busy', from: null, to: null }, signal: never } as const;
const cutoff = at('2026-11-22T13:00Z');

describe.skipIf(!server)('rows of a Postgres clinic', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(server?.url ?? '');
    // What a DBA may have set for the login must not show in what is read.
    await database.admin.query(`alter role ${database.reader} set datestyle = 'SQL, DMY'`);
    await database.admin.query(`alter role ${database.reader} set timezone = 'Asia/Kathmandu'`);
    await database.admin.query(`alter role ${database.reader} set extra_float_digits = -3`);
  });
  afterAll(async () => {
    await database.drop();
  });
  const run = (text: string, values: unknown[] = []) => database.admin.query(text, values);
  const table = async (name: string, columns: string) => {
    await run(`create table ${name} (${columns}); grant select on ${name} to ${database.reader}`);
  };
  const mapped = (name: string, time: TimeForm = 'wall'): ClinicSchema => ({
    zone: ZONE,
    appointments: { table: name, id: 'id', practitioner: 'p', location: 'loc', start: 's', end: 'e', time },
  });
  const reading = (schema: ClinicSchema) => postgresAdapter({ connection: database.readerUrl, schema });

  const forms: readonly (readonly [TimeForm, string])[] = [
    ['wall', 'timestamp'],
    ['wall', 'timestamp(0)'],
    ['wall', 'text'],
    ['wall', 'varchar(30)'],
    ['utc', 'timestamp'],
    ['instant', 'timestamptz'],
    ['epoch-ms', 'bigint'],
    ['epoch-ms', 'double precision'],
    ['epoch-s', 'integer'],
    ['epoch-s', 'numeric'],
  ];
  it.each(forms)(
    '%s as %s: exactly the rows asked for, and digests that are their sums',
    async (time, type) => {
      const name = `random_${String(forms.findIndex((form) => form[0] === time && form[1] === type))}`;
      await table(name, `id int primary key, p int, loc text, s ${type}, e ${type}`);
      const link = await connect(reading(mapped(name, time)));
      const property = fc.asyncProperty(clinic, async (drawn) => {
        const random = pinned(drawn, time);
        const columns = (['id', 'practitioner', 'location'] as const).map((key) => random.rows.map((row) => row[key]));
        const times = (['start', 'end'] as const).map((key) => random.rows.map((row) => stored(time, row[key])));
        await run(`truncate ${name}`);
        await run(
          `insert into ${name} select id, p, loc, s::${type}, e::${type}
         from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[]) r (id, p, loc, s, e)`,
          [...columns, ...times],
        );
        const all = await ok(link.readRange({ ...whole, cutoff: random.cutoff }));
        const expected = expectedRows(random, time, null, null);
        expect(byId(all.records)).toEqual(expected.good);
        expect(all.skipped.map(({ key }) => key.id).sort()).toEqual(expected.skipped);
        const { edges } = random;
        const digests = await ok(link.digest!({ stream: 'busy', edges, cutoff: random.cutoff, signal: never }));
        for (let i = 0; i <= edges.length; i++) {
          const [from, to] = [edges[i - 1] ?? null, edges[i] ?? null];
          const part = await ok(
            link.readRange({ range: { stream: 'busy', from, to }, cutoff: random.cutoff, signal: never }),
          );
          expect(byId(part.records)).toEqual(expectedRows(random, time, from, to).good);
          if (part.skipped.length === 0) expect(digests[i]).toEqual(digestsOf(part.records, [])[0]);
          // Undecodable rows are in the digest, in the bucket in which they are reported.
          expect(digests[i]?.count).toBe(part.records.length + part.skipped.length);
        }
      });
      await fc.assert(property, { numRuns: 30 });
      await link.close();
    },
    30_000,
  );

  it.each([
    ['bigint', ['1', '-9223372036854775808', '9223372036854775807'], ['x', '99999999999999999999', '1.0', '', '01']],
    ['smallint', ['1', '-2'], ['40000', 'x']],
    ['uuid', ['0b3bb4cb-3d1c-4a41-8dbe-3a4f3a2a5b6c'], ['0B3BB4CB-3D1C-4A41-8DBE-3A4F3A2A5B6C', 'x']],
    ['text', ["o'brien", 'a\u001fb', '☃', '', '{"a",b}', 'blockout:7', '\\', 'NULL'], ['a\0b', 'A']],
    ['char(5)', ['ab'], ['ab   ', 'abc']],
    ['numeric(8,2)', ['1.50'], ['1.5', 'x']],
    ['bytea', ['deadbeef'], ['\\xdeadbeef']],
  ])('ids of type %s', async (type, ids, absent) => {
    const name = `ids_${type.replace(/\W/g, '')}`;
    await table(name, `id ${type} primary key, p int, loc text, s timestamp, e timestamp`);
    const cast = type === 'bytea' ? "decode(id, 'hex')" : `id::${type}`;
    await run(
      `insert into ${name} select ${cast}, 1, null, '2026-11-23 09:00', '2026-11-23 09:15' from unnest($1::text[]) id`,
      [ids],
    );
    const link = await connect(reading(mapped(name)));
    const all = byId((await ok(link.readRange({ ...whole, cutoff }))).records);
    expect(all).toEqual(ids.map((id) => (id.startsWith('blockout:') ? `appointment:${id}` : id)).sort());
    const read = { stream: 'busy', ids: [...all, ...absent], cutoff, signal: never } as const;
    expect(byId((await ok(link.readKeys!(read))).records)).toEqual(all);
    await link.close();
  });

  it('blockouts, sessions, several practitioners and hostile names', async () => {
    const hostile = 'a"; drop table "b.c"; --';
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    await run(`create schema "we.ird"`);
    await run(`grant usage on schema "we.ird" to ${database.reader}`);
    await table(
      `"we.ird".${quoted(hostile)}`,
      `"the id" int, "p.1" int, p2 text, "select" timestamptz, "e'$1" timestamptz`,
    );
    await run(`insert into "we.ird".${quoted(hostile)} values (1, 1, '0', '2026-11-23 09:00Z', '2026-11-23 09:15Z')`);
    await table('"b.c"', 'id int, p int, s timestamp, e timestamp');
    await run(`insert into "b.c" values (1, 2, '2026-11-01', '2027-02-01')`);
    await table('roster', 'id uuid, p int, s timestamp, e timestamp, m numeric');
    await run(`insert into roster values (gen_random_uuid(), 2, '2026-11-23 09:00', '2026-11-23 17:00', 7.5)`);
    const link = await connect(
      reading({
        zone: ZONE,
        appointments: {
          table: ['we.ird', hostile],
          id: 'the id',
          practitioner: ['p.1', 'p2'],
          start: 'select',
          end: "e'$1",
          time: 'instant',
          none: ['0'],
        },
        blockouts: { table: 'b.c', id: 'id', practitioner: 'p', start: 's', end: 'e', time: 'wall' },
        sessions: {
          table: 'roster',
          id: 'id',
          practitioner: 'p',
          start: 's',
          end: 'e',
          time: 'wall',
          slotMinutes: 'm',
        },
      }),
    );
    const busy = await ok(link.readRange({ ...whole, cutoff }));
    expect(busy.records.map(({ row }) => [row.id, row.kind, row.practitionerIds])).toEqual([
      ['1', 'appointment', ['1']],
      ['blockout:1', 'blockout', ['2']],
    ]);
    const edges = [cutoff, cutoff + DAY];
    expect(await ok(link.digest!({ stream: 'busy', edges, cutoff, signal: never }))).toEqual(
      digestsOf(busy.records, edges),
    );
    const range = { stream: 'session', from: null, to: null, practitionerId: '2' } as const;
    const sessions = await ok(link.readRange({ range, cutoff, signal: never }));
    expect(sessions.records.map(({ row }) => row.slotMs)).toEqual([450_000]);
    await link.close();
  });

  it('names what is missing, of the wrong type, or forbidden', async () => {
    await table('checked', 'id int, p int, loc text, s timestamp, e timestamp');
    await run('create table forbidden (id int, p int, loc text, s timestamp, e timestamp)');
    const failure = async (schema: ClinicSchema) => {
      const failed = await reading(schema).connect({ clinicId: 'c', signal: never });
      return failed.isErr() ? [failed.error.code, failed.error.field, failed.error.message] : [];
    };
    const renamed = { ...mapped('checked').appointments, start: 'S' };
    expect(await failure({ zone: ZONE, appointments: renamed })).toEqual([
      'SchemaMismatch',
      'schema.appointments.start',
      'There is no column "S" (schema.appointments.start). Most like it: "s", "p", "e".',
    ]);
    expect((await failure(mapped('cheked')))[2]).toMatch(/^There is no table "cheked" .* Most like it: "checked"/);
    expect((await failure(mapped('checked', 'instant'))).slice(0, 2)).toEqual([
      'SchemaMismatch',
      'schema.appointments.start',
    ]);
    expect((await failure(mapped('forbidden'))).slice(0, 2)).toEqual(['PermissionDenied', 'schema.appointments.id']);
    // SELECT on the mapped columns is enough.
    await run(
      `grant select (id, p, loc, s, e) on forbidden to ${database.reader}; alter table forbidden add secret text`,
    );
    const link = await connect(reading(mapped('forbidden')));
    await ok(link.readRange({ ...whole, cutoff }));
    await run('alter table forbidden drop column loc');
    expect(await codeOf(link.readRange({ ...whole, cutoff }))).toBe('SchemaMismatch');
    await link.close();
  });

  it('looks at an index range of starts only, however long the history', async () => {
    await table('long_history', 'id int, p int, loc text, s timestamp, e timestamp');
    await run(`create index on long_history (s)`);
    await run(`insert into long_history select i, i % 5, 'a', t, t + interval '15 min'
      from generate_series(1, 60000) i, lateral (select timestamp '2026-12-31' - i * interval '15 min' as t) x`);
    await run('analyze long_history');
    const client = new Client({ connectionString: database.readerUrl });
    await client.connect();
    const plans: string[] = [];
    const query = client.query.bind(client) as (config: QueryConfig) => Promise<{ rows: object[] }>;
    client.query = (async (config: QueryConfig) => {
      const { text, values = [] } = config;
      if (text.includes('long_history"')) {
        const explained = `explain (analyze, costs off, timing off, summary off) ${text}`;
        const { rows } = await query({ text: explained, values });
        plans.push(rows.flatMap((row) => Object.values(row) as unknown[]).join('\n'));
      }
      return query(config);
    }) as never;
    const kysely = kyselyOver(client);
    const { sources } = await bindSchema(
      resolveSchema(mapped('long_history')),
      POSTGRES_ENGINE,
      postgresCatalog(kysely),
    );
    const late = at('2026-12-29T13:00Z');
    await readRange(kysely, sources, { range: { stream: 'busy', from: late, to: late + DAY }, cutoff: late });
    await digest(kysely, sources, { stream: 'busy', edges: [late, late + DAY], cutoff: late });
    await client.end();
    expect(plans).toHaveLength(2);
    for (const plan of plans) {
      expect(plan).toMatch(/Index (Scan|Cond)/);
      expect(plan).toMatch(/Index Cond: \(\(?s >= /);
      expect(plan).not.toMatch(/Seq Scan/);
      const visited = [...plan.matchAll(/rows=(\d+)|Rows Removed by Filter: (\d+)/g)].map((m) => Number(m[1] ?? m[2]));
      // A month back and two days ahead, of two years.
      expect(Math.max(...visited)).toBeLessThan(34 * 96);
    }
  });
});
