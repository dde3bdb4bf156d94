/** The places that clinics wait for: never more than there are, nobody forgotten, nobody kept out by one that hangs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Gate, Place } from '../../src/engine/company.js';
import { FairGate } from '../../src/fleet/fair-gate.js';
import { WaitingLine } from '../../src/fleet/waiting-line.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';
import { check, checkAsync } from '../property.js';

const PATIENCE = 1_000;
const never = new AbortController().signal;

function ground(places: number, resumes: boolean) {
  const time = new VirtualTime();
  const runtime = new VirtualProcess(time, { epoch: 0, random: () => 0.5, name: 'gate' });
  return { time, gate: new FairGate({ places, patienceMs: PATIENCE, resumes, runtime }) };
}

const lost = (place: Place | null) =>
  new Promise<'lost'>((resolve) => place?.lost.addEventListener('abort', () => resolve('lost')));

/** Asks for a place for ever, and leaves none by itself. */
async function hang(door: Gate, onTurn: (ms: number) => void, time: VirtualTime): Promise<never> {
  for (;;) {
    const place = await door.enter(never);
    const from = time.now;
    await lost(place);
    onTurn(time.now - from);
  }
}

const guest = fc.record({
  arrives: fc.integer({ min: 0, max: 5_000 }),
  /** How long it needs its place. */
  needs: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1_000, max: 30_000 })),
  /** Gives up waiting after so long. */
  givesUp: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: null }),
  wanted: fc.boolean(),
});

describe('a fair gate', () => {
  it('never lets in more than it has places, and whoever does not give up comes to its end', async () => {
    await checkAsync(
      fc.asyncProperty(
        fc.boolean(),
        fc.integer({ min: 2, max: 9 }),
        fc.array(guest, { maxLength: 60 }),
        async (resumes, places, guests) => {
          const { time, gate } = ground(places, resumes);
          let [inside, most] = [0, 0];
          const ends: string[] = [];
          for (const [i, { arrives, needs, givesUp, wanted }] of guests.entries()) {
            const visit = async () => {
              await time.wait(arrives);
              const door = gate.door();
              const leaving = new AbortController();
              if (givesUp !== null) time.after(givesUp, () => leaving.abort());
              if (wanted) door.wanted();
              // As the engine does: what was begun in a place that is lost goes on, or begins again, in the next one.
              for (let needed = needs; ;) {
                const place = await door.enter(leaving.signal);
                if (!place) return 'gave up';
                const from = time.now;
                most = Math.max(most, ++inside);
                place.lost.addEventListener('abort', () => inside--);
                const end = await Promise.race([time.wait(needed).then(() => 'done' as const), lost(place)]);
                if (resumes) needed = Math.max(0, needed - (time.now - from));
                if (end === 'lost') continue;
                // It may have lost it in this very moment.
                if (!place.lost.aborted) inside--;
                place.leave();
                return 'done';
              }
            };
            void visit().then((end) => (ends[i] = end));
          }
          await time.runUntil(180 * 60_000);
          expect(most).toBeLessThanOrEqual(places);
          guests.forEach(({ givesUp }, i) =>
            expect(givesUp === null ? ['done'] : ['done', 'gave up']).toContain(ends[i]),
          );
          expect([gate.inside, gate.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });

  it.each([false, true])(
    'is left by those who hang, so that a quick one waits for one patience at most',
    async (resumes) => {
      const { time, gate } = ground(4, resumes);
      for (let i = 0; i < 40; i++) void hang(gate.door(), () => undefined, time);
      await time.runUntil(20 * PATIENCE);
      for (let round = 0; round < 20; round++) {
        const came = time.now;
        let seated: number | undefined;
        void gate
          .door()
          .enter(never)
          .then((place) => {
            seated = time.now;
            place?.leave();
          });
        expect(await time.runUntilDone(() => seated !== undefined, 10 * PATIENCE)).toBe(true);
        expect((seated ?? 0) - came).toBeLessThanOrEqual(PATIENCE);
      }
    },
  );

  it('gives one that is slow longer each time, and all who are slow their turn', async () => {
    const { time, gate } = ground(2, false);
    const turns = [0, 1, 2].map(() => [] as number[]);
    for (const own of turns) void hang(gate.door(), (ms) => own.push(ms), time);
    const comeAndGo = async () => {
      for (;;) {
        await time.wait(PATIENCE / 2);
        (await gate.door().enter(never))?.leave();
      }
    };
    void comeAndGo();
    await time.runUntil(1_000 * PATIENCE);
    for (const own of turns) {
      expect(own.length).toBeGreaterThan(5);
      expect(own.at(-1)).toBe(32 * PATIENCE);
    }
    const counts = turns.map((own) => own.length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
  });

  it('lets one go on that hangs while nobody waits', async () => {
    const { time, gate } = ground(2, true);
    const place = await gate.door().enter(never);
    await time.runUntil(100 * PATIENCE);
    expect(place?.lost.aborted).toBe(false);
  });

  it('gives back nothing twice, and nothing that was lost', async () => {
    const { time, gate } = ground(2, false);
    const [one, other] = [await gate.door().enter(never), gate.door().enter(never)];
    await time.runUntil(3 * PATIENCE);
    // Over its time it moved to the slow place, and the other has the quick one.
    one?.leave();
    one?.leave();
    expect(gate.inside).toBe(1);
    (await other)?.leave();
    expect(gate.inside).toBe(0);
  });
});

describe('a waiting line', () => {
  it('is first come, first served among equals, and every second place goes to those who are wanted', () => {
    check(
      fc.property(fc.array(fc.boolean(), { maxLength: 50 }), (wanted) => {
        const line = new WaitingLine<{ id: number; wanted: boolean }>();
        wanted.forEach((isWanted, id) => line.join({ id, wanted: isWanted }, isWanted));
        const order = Array.from(wanted, () => line.next());
        expect(line.next()).toBeUndefined();
        for (const kind of [true, false]) {
          const ids = order.flatMap((one) => (one?.wanted === kind ? [one.id] : []));
          expect(ids).toEqual([...ids].sort((a, b) => a - b));
        }
        const some = wanted.filter(Boolean).length;
        const both = 2 * Math.min(some, wanted.length - some);
        expect(order.slice(0, both).filter((one) => one?.wanted).length).toBe(both / 2);
      }),
    );
  });
});
