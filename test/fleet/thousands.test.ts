/** Five thousand clinics in one process, on virtual time, with receptionists at work at all of them. */
import { describe, expect, it } from 'vitest';

import { DAY, MINUTE, SECOND } from '../../src/domain/instant.js';
import { FleetGround, EPOCH, row } from './ground.js';

const CLINICS = 5_000;
const WRITES = 8_000;

describe('five thousand clinics', () => {
  it('come up, tell every change of each once and in order, and stop', { timeout: 90_000 }, async () => {
    const ground = new FleetGround({ maxConnecting: 100, maxResyncing: 50, pulsesPerSecond: 2_000 }, 3);
    const { fleet, time, random, clinics } = ground;
    for (let i = 0; i < CLINICS; i++) ground.add(`c${i}`);
    await ground.until(() => fleet.status.phases.live === CLINICS, MINUTE);
    expect(ground.mostConnecting).toBeLessThanOrEqual(100);
    expect(fleet.status.notLive).toEqual([]);
    ground.told.length = 0;

    /** What the clinics' tables went through: `+id` and `-id`. */
    const truth = new Map<string, string[]>();
    const writtenAt = new Map<string, number>();
    for (let i = 0; i < WRITES; i++) {
      const id = `c${random.int(0, CLINICS - 1)}`;
      const clinic = clinics.get(id);
      const history = truth.get(id) ?? [];
      truth.set(id, history);
      if (history.length > 0 && random.chance(0.3) && clinic?.get('busy', '1')) {
        clinic.remove({ stream: 'busy', id: '1' });
        history.push('-1');
        writtenAt.set(`${id} -1`, time.now);
      } else {
        clinic?.put(row(`n${i}`, EPOCH + DAY + random.int(0, 9_000) * MINUTE));
        history.push(`+n${i}`);
        writtenAt.set(`${id} +n${i}`, time.now);
      }
      if (i % 10 === 0) await time.runUntil(time.now + 5);
    }
    await time.runUntil(time.now + 12 * SECOND);

    const told = new Map<string, string[]>();
    let latest = 0;
    for (const { event, at } of ground.told) {
      if (event.type !== 'appointment.created' && event.type !== 'appointment.deleted') throw new Error(event.type);
      const what = `${event.type === 'appointment.created' ? '+' : '-'}${event.row.id}`;
      told.set(event.clinicId, [...(told.get(event.clinicId) ?? []), what]);
      latest = Math.max(latest, at - (writtenAt.get(`${event.clinicId} ${what}`) ?? 0));
    }
    // Changes that one look finds together are told in an order of its own.
    const sorted = (all: ReadonlyMap<string, string[]>) =>
      [...all].map(([id, each]) => `${id}: ${[...each].sort().join(' ')}`).sort();
    expect(sorted(told)).toEqual(sorted(truth));
    // However many there are, nobody waits for longer than the sweep.
    expect(latest).toBeLessThanOrEqual(11 * SECOND);

    const took = await ground.finish(fleet.stop());
    expect(took).toBeLessThan(SECOND);
    expect(fleet.status.phases.stopped).toBe(CLINICS);
    // Reads that were on their way arrive, and nothing else is left to happen.
    await time.runUntil(time.now + 10);
    expect(time.pending).toBe(0);
  });
});
