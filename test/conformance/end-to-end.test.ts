import { afterAll, describe, expect, it } from 'vitest';

import { ClinicSync } from '../../src/clinic-sync.js';
import { isRowEvent, type RowEvent } from '../../src/domain/events.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/instant.js';
import { streamOf, type ClinicRow } from '../../src/domain/row.js';
import type { AdapterHarness, TestClinic } from '../../src/testing/index.js';
import { sharedPostgres } from '../servers/postgres.js';
import { cuttableHarness, memoryHarness, ZONE } from './memory-kit.js';
import { postgresHarness } from './postgres-kit.js';
import { sqliteHarness } from './sqlite-kit.js';

const server = await sharedPostgres();
const readOnly = postgresHarness(server?.url ?? '', 'off');
const pushed = postgresHarness(server?.url ?? '', 'trigger');
afterAll(() => Promise.all([readOnly.drop(), pushed.drop()]));

const NEXT_WEEK = Math.floor(Date.now() / DAY) * DAY + 7 * DAY;
const BARE = {
  readKeys: false,
  digest: false,
  pulse: false,
  awaitPulse: false,
  newKeys: false,
  snapshot: false,
  push: false,
};
/** Nothing else would be noticed before the next sweep. */
const tuning = { sweepMs: 500, retryBaseMs: 50, retryCapMs: 200 };

let made = 0;
const row = (parts: Partial<ClinicRow> = {}): ClinicRow => {
  const start = parts.start ?? NEXT_WEEK + (++made % 300) * 30 * MINUTE;
  const kind = 'appointment';
  const rest = { practitionerIds: ['1'], locationId: null, zone: ZONE, slotMs: null };
  return { id: `e${String(++made)}`, kind, ...rest, start, end: start + 15 * MINUTE, ...parts };
};
const keyOf = ({ id, ...rest }: ClinicRow) => ({ stream: streamOf({ id, ...rest }), id });
const told = ({ type, row: { id, start, end } }: RowEvent | { type: string; row: ClinicRow }) =>
  `${type} ${id} ${String(start)}-${String(end)}`;
const created = (...rows: readonly ClinicRow[]) => rows.map((each) => told({ type: 'appointment.created', row: each }));
const deleted = (...rows: readonly ClinicRow[]) => rows.map((each) => told({ type: 'appointment.deleted', row: each }));
const sorted = (rows: readonly ClinicRow[]) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));

/** A running sync, what it told of rows since it was last asked, and when it equals the clinic. */
async function started({ adapter }: TestClinic) {
  const sync = new ClinicSync({ clinicId: `end-to-end-${String(process.pid)}-${String(++made)}`, adapter, tuning });
  let events: string[] = [];
  const others: string[] = [];
  sync.events$.subscribe((event) => {
    if (isRowEvent(event)) events.push(told(event));
    else others.push(event.type);
  });
  const status = await sync.start();
  expect(status.isOk() && status.value.phase).toBe('live');
  return {
    sync,
    others,
    expectTold: async (expected: readonly string[]) => {
      await expect.poll(() => events.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(expected.length);
      // A second telling would come with the next sweep.
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(events.toSorted()).toEqual([...expected].sort());
      events = [];
    },
    expectCopy: async (expected: readonly ClinicRow[]) => {
      const copy = await sync.snapshot();
      expect(copy.isOk() && sorted(copy.value.rows.map((stored) => stored.row))).toEqual(sorted(expected));
    },
  };
}

const harnesses: [name: string, harness: AdapterHarness, isThere: boolean][] = [
  ['memory', cuttableHarness, true],
  ['memory, ranges only', memoryHarness(BARE), true],
  ['sqlite', sqliteHarness('wal'), true],
  ['sqlite, rollback journal', sqliteHarness('delete'), true],
  ['postgres, read-only', readOnly, server !== undefined],
  ['postgres with push', pushed, server !== undefined],
];

describe.each(harnesses)('%s', (_, harness, isThere) => {
  it.skipIf(!isThere)(
    'tells everything that the receptionist does, each once, and loses nothing to a cut',
    async () => {
      const clinic = await harness.create();
      const { receptionist } = clinic;
      const before = await receptionist.insert(Array.from({ length: 60 }, () => row()));
      const { sync, others, expectTold, expectCopy } = await started(clinic);
      try {
        await expectCopy(before);
        await expectTold([]);

        const [added] = await receptionist.insert([row()]);
        await expectTold(created(added!));
        const moved = { ...added!, start: added!.start + HOUR, end: added!.end + HOUR };
        await receptionist.update([moved]);
        await expectTold([...deleted(added!), ...created(moved)]);
        await receptionist.remove([keyOf(moved)]);
        await expectTold(deleted(moved));

        const [stranger] = await receptionist.insert([{ ...moved, start: moved.start + DAY, end: moved.end + DAY }]);
        await expectTold(created(stranger!));
        const reused = { ...stranger!, practitionerIds: ['2'], start: added!.start, end: added!.end };
        const swap = await receptionist.begin();
        await swap.remove([keyOf(stranger!)]);
        await swap.insert([reused]);
        await swap.commit();
        await expectTold([...deleted(stranger!), ...created(reused)]);

        const burst: ClinicRow[] = [];
        for (let i = 0; i < 100; i++) burst.push(...(await receptionist.insert([row()])));
        await expectTold(created(...burst));
        await receptionist.remove(burst.slice(0, 30).map(keyOf));
        await expectTold(deleted(...burst.slice(0, 30)));
        const now = [...before, reused, ...burst.slice(30)];
        await expectCopy(now);

        if (!clinic.cut) return;
        await clinic.cut();
        await expect.poll(() => others, { timeout: 10_000 }).toContain('connection.lost');
        const [meanwhile] = await receptionist.insert([row()]);
        await receptionist.remove([keyOf(reused)]);
        await clinic.restart?.();
        await expectTold([...created(meanwhile!), ...deleted(reused)]);
        await expect.poll(() => sync.status.phase, { timeout: 10_000 }).toBe('live');
        expect(others.filter((type) => type === 'resync.completed').length).toBeGreaterThan(0);
        await expectCopy([...now.filter((each) => each !== reused), meanwhile!]);
      } finally {
        await sync.stop();
        await clinic.dispose();
      }
    },
  );
});
