/** One loop that reads the logs of a whole fleet: nothing missed, nothing twice, whatever becomes of one clinic. */
import { describe, expect, it } from 'vitest';

import { DAY, MINUTE, SECOND } from '../../src/domain/instant.js';
import { isRowEvent, memoryMirror, type Cursor, type FleetReading } from '../../src/index.js';
import { EPOCH, grounds, row, type FleetGround } from './ground.js';

const { open, bare } = grounds();

/** A backend that keeps each clinic's rows and its place, and finds fault with anything told twice. */
class Backend {
  readonly cursors: Record<string, Cursor> = {};
  readonly rows = new Map<string, Map<string, string>>();
  readonly heard: FleetReading[] = [];
  ended = false;

  async follow(ground: FleetGround, signal?: AbortSignal, beside = async () => undefined as unknown): Promise<void> {
    this.ended = false;
    for await (const reading of ground.fleet.events({ after: this.cursors, ...(signal && { signal }) })) {
      this.take(reading);
      await beside();
    }
    this.ended = true;
  }

  take(reading: FleetReading): void {
    const { clinicId, cursor } = reading;
    this.heard.push(reading);
    this.cursors[clinicId] = cursor;
    if (reading.kind === 'snapshot') {
      this.rows.set(clinicId, new Map(reading.snapshot.rows.map((each) => [each.row.id, each.fingerprint])));
      return;
    }
    const { event } = reading;
    expect(event.clinicId).toBe(clinicId);
    if (!isRowEvent(event)) return;
    const rows = this.rows.get(clinicId);
    const isCreated = event.type === 'appointment.created';
    expect(rows?.get(event.row.id)).toBe(isCreated ? undefined : event.fingerprint);
    if (isCreated) rows?.set(event.row.id, event.fingerprint);
    else rows?.delete(event.row.id);
  }

  idsOf(clinicId: string): string[] {
    return [...(this.rows.get(clinicId)?.keys() ?? [])].sort();
  }

  snapshotsOf(clinicId: string): string[] {
    return this.heard.flatMap((each) => (each.kind === 'snapshot' && each.clinicId === clinicId ? [each.reason] : []));
  }
}

const truthOf = (ground: FleetGround, clinicId: string) =>
  [...(ground.clinics.get(clinicId)?.all().values() ?? [])].map((record) => record.row.id).sort();

const pass = (ground: FleetGround, ms: number) => ground.time.runUntil(ground.time.now + ms);

describe('one reading of all logs', () => {
  it('tells every change once, over breaks of its own and of the clinics’', async () => {
    const ground = await open(8);
    const { fleet, clinics, random } = ground;
    const backend = new Backend();
    let written = 0;
    let life = new AbortController();
    let following = backend.follow(ground, life.signal);
    for (let round = 0; round < 40; round++) {
      const id = `c${random.int(0, 8)}`;
      if (id === 'c8' || random.chance(0.2)) {
        if (!fleet.get(id)) {
          if (clinics.has(id)) fleet.add({ clinicId: id, adapter: ground.adapter(id) })._unsafeUnwrap();
          else ground.add(id);
        } else await ground.finish(fleet.remove(id));
      }
      if (random.chance(0.2)) {
        life.abort();
        await ground.finish(following);
        expect(backend.ended).toBe(true);
        // A restart: the cursors are all that is left.
        Object.assign(backend.cursors, JSON.parse(JSON.stringify(backend.cursors)));
        life = new AbortController();
        following = backend.follow(ground, life.signal);
      }
      for (let i = 0; i < 6; i++) {
        const clinic = clinics.get(`c${random.int(0, 7)}`);
        const ids = [...(clinic?.all().values() ?? [])].map((record) => record.row.id);
        if (random.chance(0.3) && ids.length > 5) clinic?.remove({ stream: 'busy', id: random.pick(ids) });
        else clinic?.put(row(`r${written++}`, EPOCH + DAY + written * MINUTE));
        await pass(ground, 40);
      }
    }
    for (const id of clinics.keys())
      if (!fleet.get(id)) fleet.add({ clinicId: id, adapter: ground.adapter(id) })._unsafeUnwrap();
    await ground.until(() => fleet.status.phases.live === clinics.size, MINUTE);
    await pass(ground, 15 * SECOND);
    for (const sync of fleet) {
      expect(backend.idsOf(sync.clinicId)).toEqual(truthOf(ground, sync.clinicId));
      expect(backend.snapshotsOf(sync.clinicId)[0]).toBe('new');
      expect(backend.snapshotsOf(sync.clinicId)).not.toContain('lost');
      const all = (await sync.readEvents({ after: backend.cursors[sync.clinicId] ?? '' }))._unsafeUnwrap();
      expect(all.events).toEqual([]);
    }
    await ground.finish(fleet.stop());
    await following;
    expect(backend.ended).toBe(true);
  });

  it('a clinic whose place is lost, or whose log cannot be read, is in no other’s way', async () => {
    const ground = await open(3);
    const dead = ground.add('dead', 'dead');
    ground.add('throws', 'throws');
    const backend = new Backend();
    const after = { c0: 'nowhere.7', c1: 'no cursor', throws: 'nowhere.1', gone: 'nowhere.3' };
    Object.assign(backend.cursors, after);
    void backend.follow(ground);
    ground.clinics.get('c2')?.put(row('new', EPOCH + 3 * DAY));
    await pass(ground, 5 * SECOND);
    expect(backend.snapshotsOf('c0')).toEqual(['lost']);
    expect(backend.snapshotsOf('c1')).toEqual(['lost']);
    for (const id of ['c0', 'c1', 'c2']) expect(backend.idsOf(id)).toEqual(truthOf(ground, id));
    // It has a mirror, which is empty.
    expect(dead.status.phase).not.toBe('live');
    expect(backend.cursors['gone']).toBe('nowhere.3');
    ground.kinds.set('dead', 'healthy');
    await ground.until(() => dead.status.phase === 'live', 3 * MINUTE);
    await pass(ground, 5 * SECOND);
    expect(backend.idsOf('dead')).toEqual(truthOf(ground, 'dead'));
  });

  it('a copy that is laid anew comes as a snapshot, from which the log goes on', async () => {
    const mirror = memoryMirror();
    const ground = bare({ mirror });
    const backend = new Backend();
    void backend.follow(ground);
    ground.add('c0');
    await ground.until(() => ground.fleet.status.phases.live === 1, MINUTE);
    await pass(ground, 2 * SECOND);
    expect(backend.snapshotsOf('c0').at(-1)).toBe('replaced');
    expect(backend.idsOf('c0')).toEqual(['1', '2']);
    const types = backend.heard.flatMap((each) => (each.kind === 'event' ? [each.event.type] : []));
    expect(types).toContain('snapshot.replaced');
    expect(types).toContain('resync.completed');
  });

  it('reads nothing ahead of a loop that is slow', async () => {
    const ground = await open(2);
    const backend = new Backend();
    for (const sync of ground.fleet) backend.cursors[sync.clinicId] = (await sync.snapshot())._unsafeUnwrap().cursor;
    let reads = 0;
    for (const sync of ground.fleet) {
      const read = sync.readEvents.bind(sync);
      sync.readEvents = (asked) => {
        reads++;
        return read(asked);
      };
      backend.rows.set(sync.clinicId, new Map());
    }
    const holds: (() => void)[] = [];
    void backend.follow(ground, undefined, () => new Promise<void>((resolve) => holds.push(resolve)));
    ground.clinics.get('c0')?.put(row('n', EPOCH + 3 * DAY));
    await ground.until(() => holds.length === 1, MINUTE);
    const before = reads;
    for (let i = 0; i < 30; i++) {
      ground.clinics.get(`c${i % 2}`)?.put(row(`m${i}`, EPOCH + 4 * DAY + i * 15 * MINUTE));
      await pass(ground, SECOND);
    }
    expect(reads).toBe(before);
    expect(backend.heard.length).toBe(1);
    while (backend.heard.length < 31) {
      const held = holds.length;
      holds.at(-1)?.();
      await ground.until(() => holds.length > held, MINUTE);
    }
    expect(reads).toBeLessThan(before + 10);
  });

  it('ends with its signal, with the loop, and with the fleet', async () => {
    const ground = await open(1);
    const { fleet } = ground;
    const aborted = fleet.events({ after: {}, signal: AbortSignal.abort() });
    expect((await aborted.next()).done).toBe(true);
    for await (const reading of fleet.events({ after: {} })) {
      expect(reading).toMatchObject({ kind: 'snapshot', reason: 'new', clinicId: 'c0' });
      break;
    }
    await ground.finish(fleet.stop());
    expect((await fleet.events({ after: {} }).next()).done).toBe(true);
  });
});
