/** What a description says of times that cannot be the practice's, by the rows themselves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, describe, expect, it } from 'vitest';

import { sqliteAdapter, type ClinicSchema } from '../src/adapters/sqlite/index.js';
import { zoneFinding } from '../src/adapters/sql/describe-zone.js';
import { ClinicSync, toIso, wallToInstant, type Finding } from '../src/index.js';
import { instantToWall } from '../src/domain/zone.js';

const folder = mkdtempSync(join(tmpdir(), 'clinic-sync-zone-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const ZONE = 'Australia/Melbourne';
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
let nth = 0;

type Time = 'utc' | 'wall';

/** Forty visits of fifteen minutes over the next days from nine on, by the clock on the wall in Melbourne, in UTC texts. */
function practice(times: { readonly appointments: Time; readonly sessions: Time }, zone = ZONE): ClinicSync {
  const path = join(folder, `${String(++nth)}.db`);
  const db = new DatabaseSync(path);
  db.exec(`create table appointments (id integer primary key, doctor int, starts text, ends text);
    create table sessions (id integer primary key, doctor int, starts text, ends text)`);
  const insert = (table: string, from: number, to: number) => {
    const [starts, ends] = [from, to].map((at) => toIso(at).slice(0, 19).replace('T', ' '));
    db.exec(`insert into ${table} (doctor, starts, ends) values (1, '${starts}', '${ends}')`);
  };
  for (let day = 1; day <= 5; day++) {
    const midnight = Math.floor(instantToWall(Date.now() + day * DAY, ZONE) / DAY) * DAY;
    const nine = wallToInstant(midnight + 540 * MINUTE, ZONE) ?? 0;
    insert('sessions', nine, nine + 480 * MINUTE);
    for (let i = 0; i < 8; i++) insert('appointments', nine + i * 60 * MINUTE, nine + (i * 60 + 15) * MINUTE);
  }
  db.close();
  const table = (name: 'appointments' | 'sessions') =>
    ({ table: name, id: 'id', practitioner: 'doctor', start: 'starts', end: 'ends', time: times[name] }) as const;
  const schema: ClinicSchema = {
    zone,
    appointments: table('appointments'),
    sessions: { ...table('sessions'), slotMinutes: 15 },
  };
  return new ClinicSync({ clinicId: 'c', adapter: sqliteAdapter({ path, schema }) });
}

async function zonesOf(sync: ClinicSync): Promise<Finding[]> {
  const description = (await sync.describe())._unsafeUnwrap();
  return description.findings.filter(({ topic }) => topic === 'zone');
}

describe('the hours of a practice', () => {
  it('as they are: nothing to say', async () => {
    expect(await zonesOf(practice({ appointments: 'utc', sessions: 'utc' }))).toEqual([]);
  });

  it('in a zone on the other side of the world: at night', async () => {
    const [finding, another] = await zonesOf(practice({ appointments: 'utc', sessions: 'utc' }, 'Europe/London'));
    expect(finding).toMatchObject({
      severity: 'warning',
      table: 'appointments',
      found: expect.stringContaining('22:00'),
    });
    expect(another).toBeUndefined();
  });

  it('UTC taken for the clock on the wall: at night as well', async () => {
    expect(await zonesOf(practice({ appointments: 'wall', sessions: 'wall' }))).toHaveLength(1);
  });

  it('appointments and sessions kept in different times: outside of every session', async () => {
    const findings = await zonesOf(practice({ appointments: 'utc', sessions: 'wall' }));
    expect(findings).toEqual([
      expect.objectContaining({
        table: 'sessions',
        found: expect.stringMatching(/^\d+ % .* outside of every session/),
      }),
    ]);
  });
});

describe("the server's zone and the mapping's", () => {
  const schema = { zone: ZONE } as Parameters<typeof zoneFinding>[0];
  const kept = (form: string) =>
    [{ mapping: { label: 'appointments', start: { form } } }] as unknown as Parameters<typeof zoneFinding>[1];
  const now = Date.now();
  const offset = (instantToWall(now, ZONE) - now) / MINUTE;

  it.each([
    ['the same', { name: ZONE, offsetMinutes: null }],
    ['another name of the same', { name: 'Australia/Sydney', offsetMinutes: null }],
    ['UTC', { name: 'Etc/UTC', offsetMinutes: null }],
    ['UTC without a name', { name: 'SYSTEM', offsetMinutes: 0 }],
    ['the same offset', { name: 'AEDT', offsetMinutes: offset }],
    ['nothing said', { name: 'unknown', offsetMinutes: null }],
  ])('%s: nothing to mend', (_, server) => {
    expect(zoneFinding(schema, kept('wall'), server)).not.toHaveProperty('severity');
  });

  it.each([
    ['another zone', { name: 'Australia/Perth', offsetMinutes: null }],
    ['one that differs in one half of the year alone', { name: 'Australia/Brisbane', offsetMinutes: null }],
    ['London, which is UTC in winter', { name: 'Europe/London', offsetMinutes: null }],
    ['another offset', { name: 'W. Australia Standard Time', offsetMinutes: offset - 60 }],
  ])('%s: a warning, where wall clocks are kept', (_, server) => {
    expect(zoneFinding(schema, kept('wall'), server).severity).toBe('warning');
    expect(zoneFinding(schema, kept('epoch-ms'), server).severity).toBeUndefined();
  });
});
