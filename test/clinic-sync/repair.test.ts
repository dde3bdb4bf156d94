/** What goes on over minutes, on virtual time. */
import { afterEach, describe, expect, it } from 'vitest';

import { memoryAdapter, MemoryClinic, type MemoryRow } from '../../src/adapters/memory/index.js';
import { MINUTE, SECOND } from '../../src/domain/instant.js';
import { startOfDay } from '../../src/domain/zone.js';
import {
  ClinicSync,
  DEFAULT_TUNING,
  memoryMirror,
  MemoryDisk,
  type ClinicEvent,
  type EventType,
} from '../../src/index.js';
import { faultyAdapter, type HintFate } from '../../src/testing/faulty-adapter.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

const ZONE = 'Australia/Melbourne';
const EPOCH = Date.UTC(2026, 10, 23, 2);

const row = (id: string, start: number): MemoryRow => ({
  id,
  kind: 'appointment',
  practitionerIds: ['p1'],
  locationId: null,
  start,
  end: start + 15 * MINUTE,
  zone: ZONE,
  slotMs: null,
});

async function live(options: { epoch?: number; hint?: () => HintFate } = {}) {
  const { epoch = EPOCH, hint = () => ({ delaysMs: [1] }) } = options;
  const time = new VirtualTime();
  const runtime = new VirtualProcess(time, { epoch, random: () => 0.5, name: 'test' });
  const clinic = new MemoryClinic('clinic', () => Math.round(epoch + time.now));
  for (let i = 0; i < 20; i++) clinic.put(row(String(i), epoch + (i - 4) * 6 * 60 * MINUTE));
  const road = {
    request: () => time.wait(2).then(() => undefined),
    answer: () => time.wait(2).then(() => undefined),
    hint,
    after: (ms: number, deliver: () => void) => void time.after(ms, deliver),
    tears: () => undefined,
    onLink: () => undefined,
  };
  const wait = (ms: number, fire: () => void) => time.after(ms, fire);
  const adapter = faultyAdapter(memoryAdapter({ clinic, zone: ZONE, wait, capabilities: { sessions: false } }), road);
  const disk = new MemoryDisk();
  const sync = new ClinicSync({ clinicId: 'c', adapter, mirror: memoryMirror({ disk }), runtime });
  const events: ClinicEvent[] = [];
  sync.events$.subscribe((event) => events.push(event));
  void sync.start().match(
    () => undefined,
    () => undefined,
  );
  expect(await time.runUntilDone(() => sync.status.phase === 'live', MINUTE)).toBe(true);
  const types = (): EventType[] => events.map(({ type }) => type);
  running = { sync, time };
  return { time, clinic, disk, sync, events, types };
}

let running: { sync: ClinicSync; time: VirtualTime } | null = null;
afterEach(async () => {
  if (!running) return;
  let stopped = false;
  void running.sync.stop().then(() => {
    stopped = true;
  });
  await running.time.runUntilDone(() => stopped, MINUTE);
  running = null;
});

describe('while live', () => {
  it('a push that misses a change is not trusted any more, and the change is told all the same', async () => {
    const { time, clinic, sync, types } = await live({ hint: () => ({ delaysMs: [] }) });
    expect(sync.status.capture).toBe('push');
    clinic.put(row('new', EPOCH + 60 * MINUTE));
    // At the latest by the sweep, and the grace that a late hint has.
    await time.runUntilDone(() => sync.status.capture === 'pulse', 13 * SECOND);
    expect(sync.status.capture).toBe('pulse');
    expect(types().slice(-2)).toEqual(['appointment.created', 'capture.changed']);
  });

  it('rows that rot in the mirror are found by the audit, and the mirror is copied anew', async () => {
    const { time, disk, sync, types } = await live();
    const shelf = disk.shelves.get('c');
    const [kept] = shelf?.rows.values() ?? [];
    if (!shelf || !kept) throw new Error('the mirror is empty');
    const { cursor } = await sync.snapshot().unwrapOr({ rows: [], cursor: '' });
    shelf.put({ ...kept, row: { ...kept.row, end: kept.row.end + 1 } });
    await time.runUntil(time.now + DEFAULT_TUNING.auditMs + MINUTE);
    expect(sync.status.phase).toBe('live');
    expect(types().slice(-4)).toEqual([
      'connection.established',
      'resync.started',
      'snapshot.replaced',
      'resync.completed',
    ]);
    expect((await sync.readEvents({ after: cursor }))._unsafeUnwrapErr().code).toBe('CursorLost');
  });

  it('the window advances at midnight of the clinic, once, and forgets what is past without calling it deleted', async () => {
    const epoch = startOfDay(EPOCH, ZONE) + 24 * 60 * MINUTE - 30 * SECOND;
    const { time, sync, events, types } = await live({ epoch });
    const before = (await sync.snapshot())._unsafeUnwrap().rows.length;
    await time.runUntil(time.now + 2 * MINUTE);
    const advanced = events.filter((event) => event.type === 'window.advanced');
    expect(advanced).toMatchObject([{ cutoff: startOfDay(epoch + MINUTE, ZONE) }]);
    expect(types()).not.toContain('appointment.deleted');
    const after = (await sync.snapshot())._unsafeUnwrap().rows;
    expect(before - after.length).toBe(advanced[0]?.pruned);
    expect(after.every((kept) => kept.row.end > epoch + 30 * SECOND)).toBe(true);
  });

  it('events beyond their retention are let go of, and a cursor to them is lost', async () => {
    const { time, clinic, sync } = await live();
    const { cursor } = (await sync.snapshot())._unsafeUnwrap();
    clinic.put(row('new', EPOCH + 60 * MINUTE));
    await time.runUntil(time.now + MINUTE);
    expect((await sync.readEvents({ after: cursor }))._unsafeUnwrap().events).toHaveLength(1);
    await time.runUntil(time.now + DEFAULT_TUNING.auditMs * 3);
    expect((await sync.readEvents({ after: cursor }))._unsafeUnwrap().events).toHaveLength(1);
  });
});
