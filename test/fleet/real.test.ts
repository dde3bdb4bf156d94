/** Five hundred real databases in one process: every event is held against what the databases themselves say has happened. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ClinicFleet, instantToWall, isRowEvent, toIso, type ClinicEvent } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { Random } from '../../src/testing/random.js';
import { freshDatabase, startOwnServer, type OwnServer, type TestDatabase } from '../servers/postgres.js';
import { postgresPractice, sqlitePractice, type Fact, type Practice } from './practices.js';

const FILES = 400;
const SCHEMAS = 100;
const ZONE = 'Australia/Melbourne';

let folder: string;
let server: OwnServer | undefined;
let database: TestDatabase | undefined;
const practices: Practice[] = [];
const random = new Random(11);

const soon = Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 2 * 86_400_000;
const anyTime = () =>
  toIso(soon + random.int(0, 5_000) * 900_000)
    .slice(0, 16)
    .replace('T', ' ');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clinic-sync-fleet-'));
  for (let i = 0; i < FILES; i++) practices.push(sqlitePractice(folder, `file-${i}`));
  // Two connections for each clinic: more than the shared server gives to one test.
  server = await startOwnServer(['max_connections=400']);
  if (server) {
    database = await freshDatabase(server.url);
    const { admin, readerUrl: url, reader } = database;
    for (let i = 0; i < SCHEMAS; i++) practices.push(await postgresPractice(admin, { url, reader }, `schema-${i}`));
  }
  for (const practice of practices) for (let i = 0; i < 3; i++) await practice.book(anyTime());
}, 60_000);

afterAll(async () => {
  for (const practice of practices) practice.close();
  await database?.drop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the practices write it down. */
function factOf(event: ClinicEvent): Fact | undefined {
  if (!isRowEvent(event)) return undefined;
  const wall = toIso(instantToWall(event.row.start, ZONE)).slice(0, 16).replace('T', ' ');
  return `${event.type === 'appointment.created' ? '+' : '-'} ${event.row.id} ${wall}`;
}

async function eventually(done: () => boolean, ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (!done()) {
    if (Date.now() > until) throw new Error(`It did not come true within ${ms} ms.`);
    await sleep(20);
  }
}

async function write(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const practice = random.pick(practices);
    if (random.chance(0.3)) await practice.cancelFirst();
    else await practice.book(anyTime());
    if (i % 20 === 0) await sleep(5);
  }
}

describe('five hundred real databases', () => {
  it(
    'tell what happened to them, all of it and nothing else, also while the process was away',
    { timeout: 240_000 },
    async () => {
      const told = new Map<string, Fact[]>(practices.map(({ clinicId }) => [clinicId, []]));
      const open = () => {
        const fleet = new ClinicFleet({ mirror: sqliteMirror({ path: join(folder, 'mirror') }) });
        fleet.events$.subscribe((event) => {
          const fact = factOf(event);
          if (fact) told.get(event.clinicId)?.push(fact);
        });
        for (const { clinicId, adapter } of practices) fleet.add({ clinicId, adapter })._unsafeUnwrap();
        return fleet;
      };
      const fleet = open();
      await eventually(() => fleet.status.phases.live === practices.length, 90_000);
      const copied = new Map<string, string[]>();
      for (const { clinicId } of practices) {
        const snapshot = (await fleet.get(clinicId)?.snapshot())?._unsafeUnwrap();
        copied.set(clinicId, snapshot?.rows.map(({ row }) => row.id) ?? []);
      }
      await write(800);
      await fleet.stop();

      await write(300);

      const again = open();
      await eventually(() => again.status.phases.live === practices.length, 90_000);
      await write(300);
      const isEqual = async (practice: Practice) => {
        const ids = (await again.get(practice.clinicId)?.snapshot())?._unsafeUnwrap().rows.map(({ row }) => row.id);
        return JSON.stringify(ids?.sort()) === JSON.stringify((await practice.ids()).sort());
      };
      for (let left = practices, i = 0; left.length > 0; i++) {
        if (i > 600) throw new Error(`Not equal: ${left.map(({ clinicId }) => clinicId).join(', ')}`);
        const others: Practice[] = [];
        for (const practice of left) if (!(await isEqual(practice))) others.push(practice);
        left = others;
        if (left.length > 0) await sleep(50);
      }
      await again.stop();

      let events = 0;
      for (const practice of practices) {
        const facts = told.get(practice.clinicId) ?? [];
        events += facts.length;
        const history = await practice.history();
        // Nothing that did not happen, and nothing twice.
        const happened = new Set(history);
        for (const fact of facts) expect(happened).toContain(fact);
        expect(new Set(facts).size).toBe(facts.length);
        // Taken one after the other onto the first copy, they make what is there now.
        const ids = new Set(copied.get(practice.clinicId));
        for (const fact of facts) {
          const [sign, id = ''] = fact.split(' ');
          expect(ids.has(id)).toBe(sign === '-');
          if (sign === '+') ids.add(id);
          else ids.delete(id);
        }
        expect([...ids].sort()).toEqual((await practice.ids()).sort());
      }
      expect(practices.length).toBe(server ? FILES + SCHEMAS : FILES);
      expect(events).toBeGreaterThan(800);
    },
  );
});
