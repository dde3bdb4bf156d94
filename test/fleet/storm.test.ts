/** A deploy restarts everything at once: on virtual time, with clinics among them that do not answer. */
import { afterEach, describe, expect, it } from 'vitest';

import { MemoryDisk, memoryMirror, type FleetStatus } from '../../src/index.js';
import { DAY, MINUTE } from '../../src/domain/instant.js';
import { EPOCH, FleetGround, type Kind } from './ground.js';

let ground: FleetGround | null = null;
afterEach(async () => {
  if (ground) await ground.finish(ground.fleet.stop());
  ground = null;
});

const BAD: readonly Kind[] = ['dead', 'refusing', 'mute', 'throws', 'garbage'];

function storm(clinics: number, bad: readonly Kind[], share: number, options = {}, kindOf?: (i: number) => Kind) {
  // Polling is not what this is about.
  ground = new FleetGround({ tuning: { pulseMs: 1_000 }, ...options }, 7);
  const { random } = ground;
  for (let i = 0; i < clinics; i++)
    ground.add(`c${i}`, kindOf?.(i) ?? (bad.length > 0 && random.chance(share) ? random.pick(bad) : 'healthy'));
  return ground;
}

describe('a restart of many', () => {
  it('asks no more than the cap at once to connect and to be compared, and has all live without a pause', async () => {
    const here = storm(1_000, [], 0, { maxConnecting: 20, maxResyncing: 6 });
    await here.until(() => here.fleet.status.phases.live === 1_000, 60_000);
    expect(here.mostConnecting).toBe(20);
    expect(here.mostReading).toBeLessThanOrEqual(6);
    expect(here.mostReading).toBeGreaterThan(3);
    // A first copy of these takes 65 ms, its rests included.
    expect(Math.max(...here.liveAt.values())).toBeLessThan((1_000 / 6) * 70);
  });

  it('is not delayed by dead, mute, refusing, throwing and lying clinics among them', async () => {
    const reference = storm(400, [], 0, { maxConnecting: 16, maxResyncing: 8 });
    await reference.until(() => reference.fleet.status.phases.live === 400, 60_000);
    const alone = Math.max(...reference.liveAt.values());
    await reference.finish(reference.fleet.stop());

    const here = storm(400, BAD, 0.1, { maxConnecting: 16, maxResyncing: 8 });
    const healthy = [...here.kinds.values()].filter((kind) => kind === 'healthy').length;
    expect(healthy).toBeLessThan(380);
    await here.until(() => here.live() === healthy, 60_000);
    const last = Math.max(...here.liveAt.values());
    // Each quick place is lost to one that hangs for one patience of 2 s at most, and the slow places hang at once.
    expect(last).toBeLessThan(alone + 8_000);
    expect(here.mostConnecting).toBeLessThanOrEqual(16);
    await here.time.runUntil(here.time.now + 60_000);
    expect(here.live()).toBe(healthy);
    expect(here.mostConnecting).toBeLessThanOrEqual(16);
  });

  it('has slow ones live as well, though dead ones keep asking for the same places', async () => {
    const here = storm(60, [], 0, { maxConnecting: 8, maxResyncing: 4 }, (i) =>
      i % 10 === 0 ? 'dead' : i % 10 === 1 ? 'slow' : 'healthy',
    );
    await here.until(() => here.live() === 48, 20_000);
    await here.until(() => here.live('slow') === 6, 10 * 60_000);
    expect(here.mostConnecting).toBeLessThanOrEqual(8);
    expect(here.live()).toBe(48);
  });

  it('goes on as before with a clinic that was dead and answers again', async () => {
    const here = storm(50, [], 0, {}, (i) => (i < 10 ? 'dead' : 'healthy'));
    await here.until(() => here.live() === 40, 20_000);
    await here.time.runUntil(here.time.now + 5 * 60_000);
    for (const id of here.fleet.ids.slice(0, 10)) here.kinds.set(id, 'healthy');
    // An attempt that hangs, then a wait of ten seconds at most, then its turn.
    await here.until(() => here.live() === 50, 90_000);
  });

  it('takes one first whose availability patients ask for', async () => {
    const disk = new MemoryDisk();
    const before = storm(200, [], 0, { mirror: memoryMirror({ disk }) });
    await before.until(() => before.fleet.status.phases.live === 200, 60_000);
    await before.finish(before.fleet.stop());
    const here = storm(200, [], 0, { mirror: memoryMirror({ disk }), maxConnecting: 2, maxResyncing: 2 });
    const last = here.fleet.get('c199');
    await here.time.runUntil(100);
    const slot = { practitionerId: 'dr-lee', start: EPOCH + DAY, end: EPOCH + DAY + 15 * MINUTE };
    expect((await last?.book({ slot, idempotencyKey: 'a' }))?._unsafeUnwrapErr().code).toBe('NotLive');
    await here.until(() => here.fleet.status.phases.live === 200, 60_000);
    // Some had been let in to connect, and to be compared, before it was asked for.
    const order = [...here.liveAt.keys()];
    expect(order.indexOf('c199')).toBeLessThan(20);
    // All others in the order in which they came.
    const others = order.filter((id) => id !== 'c199');
    expect(others).toEqual([...others].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
  });

  it('is told in few statuses, each of which adds up', async () => {
    const here = storm(500, ['refusing'], 0.05, { maxConnecting: 4 });
    const statuses: FleetStatus[] = [];
    here.fleet.status$.subscribe((status) => statuses.push(status));
    const healthy = [...here.kinds.values()].filter((kind) => kind === 'healthy').length;
    await here.until(() => here.live() === healthy, 60_000);
    await here.time.runUntil(here.time.now + 250);
    expect(statuses.length).toBeGreaterThan(3);
    expect(statuses.length).toBeLessThanOrEqual(here.time.now / 250 + 1);
    for (const { clinics, phases, freshness, notLive } of statuses) {
      const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
      expect([clinics, sum(phases), sum(freshness)]).toEqual([500, 500, 500]);
      expect(notLive.length).toBe(500 - phases.live);
    }
    const { notLive } = here.fleet.status;
    expect(notLive.length).toBe(500 - healthy);
    expect(new Set(notLive.map(({ fault }) => fault))).toEqual(new Set(['ClinicUnreachable']));
    const since = notLive.map((one) => one.since);
    expect(since.length).toBe(500 - healthy);
  });
});
