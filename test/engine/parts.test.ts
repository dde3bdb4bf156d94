import { describe, expect, it } from 'vitest';

import type { ErrorCode } from '../../src/domain/errors.js';
import { MINUTE } from '../../src/domain/instant.js';
import { scopeOfKeys, WHOLE_FUTURE } from '../../src/domain/scope.js';
import { retryCeiling } from '../../src/engine/backoff.js';
import { Breaker, BREAKER_WINDOW_MS } from '../../src/engine/breaker.js';
import { Governor } from '../../src/engine/governor.js';
import { MAX_PASSED_OVER, ScopeQueue } from '../../src/engine/scope-queue.js';
import { TellOnce } from '../../src/engine/notices.js';
import { Touched } from '../../src/engine/touched.js';
import { DEFAULT_TUNING } from '../../src/engine/tuning.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

const runtimeOn = (time: VirtualTime) => new VirtualProcess(time, { epoch: 0, random: () => 0.5, name: 'test' });
const key = (id: string) => ({ stream: 'busy' as const, id });

describe('the wait before the next try', () => {
  const tuning = { ...DEFAULT_TUNING, retryBaseMs: 250, retryCapMs: 10_000 };
  const waits = (code: ErrorCode) => [0, 1, 5, 6, 11, 99].map((attempt) => retryCeiling(tuning, { attempt, code }));

  it('doubles up to its cap, and goes on to five minutes where a login is refused', () => {
    expect(waits('ClinicUnreachable')).toEqual([250, 500, 8_000, 10_000, 10_000, 10_000]);
    expect(waits('ClinicRefused')).toEqual([250, 500, 8_000, 16_000, 300_000, 300_000]);
  });
});

describe('the breaker', () => {
  const limits = { breakerRows: 50, breakerShare: 0.05, breakerSessionShare: 0.5 };
  const rows = { busy: 2_000, session: 100 };

  it('lets through up to the larger of both limits, and no more', () => {
    const breaker = new Breaker(limits);
    expect(breaker.check({ busy: 100, session: 0 }, rows, 0)).toBeUndefined();
    expect(breaker.check({ busy: 101, session: 0 }, rows, 0)).toEqual({ removing: 101, of: 2_000, limit: 100 });
    expect(breaker.check({ busy: 0, session: 51 }, rows, 0)).toEqual({ removing: 51, of: 100, limit: 50 });
  });

  it('adds up what was removed in small steps, and forgets it after a while', () => {
    const breaker = new Breaker(limits);
    breaker.removed({ busy: 60, session: 0 }, 0);
    const left = { ...rows, busy: 1_940 };
    expect(breaker.check({ busy: 41, session: 0 }, left, BREAKER_WINDOW_MS - 1)).toMatchObject({
      removing: 101,
      of: 2_000,
    });
    expect(breaker.check({ busy: 41, session: 0 }, left, BREAKER_WINDOW_MS)).toBeUndefined();
  });

  it('says nothing about a reconcile that removes nothing', () => {
    const breaker = new Breaker(limits);
    breaker.removed({ busy: 500, session: 0 }, 0);
    expect(breaker.check({ busy: 0, session: 0 }, rows, 1)).toBeUndefined();
  });
});

describe('the scope queue', () => {
  it('merges scopes of one size, and gives small ones first', () => {
    const queue = new ScopeQueue<string>();
    queue.add(WHOLE_FUTURE, 'clinic', 'large');
    queue.add(scopeOfKeys([key('1')]), 'clinic', 'a');
    queue.add(scopeOfKeys([key('2')]), 'clinic', 'b');
    expect(queue.next()).toMatchObject({ scope: { keys: [key('1'), key('2')] }, waiters: ['a', 'b'] });
    expect(queue.next()).toMatchObject({ scope: { all: true }, waiters: ['large'] });
    expect(queue.next()).toBeUndefined();
  });

  it('does not starve a large one', () => {
    const queue = new ScopeQueue<string>();
    queue.add(WHOLE_FUTURE, 'clinic', 'large');
    for (let i = 0; i < MAX_PASSED_OVER; i++) {
      queue.add(scopeOfKeys([key(String(i))]), 'clinic', 'small');
      expect(queue.next()?.waiters).toEqual(['small']);
    }
    queue.add(scopeOfKeys([key('9')]), 'clinic', 'small');
    expect(queue.next()?.waiters).toEqual(['large']);
  });

  it('keeps every waiter when many small scopes become everything', () => {
    const queue = new ScopeQueue<number>();
    queue.add(WHOLE_FUTURE, 'clinic', -1);
    for (let i = 0; i < 300; i++) queue.add(scopeOfKeys([key(String(i))]), 'clinic', i);
    const waiters = [queue.next(), queue.next()].flatMap((queued) => queued?.waiters ?? []);
    expect(waiters.sort((a, b) => a - b)).toEqual(Array.from({ length: 301 }, (_, i) => i - 1));
  });
});

describe('touched rows', () => {
  it('are those written through since a reader began', () => {
    const touched = new Touched();
    touched.add(key('before'));
    const one = touched.begin();
    touched.add(key('a'));
    const two = touched.begin();
    touched.add(key('b'));
    expect(touched.since(one)).toEqual([key('a'), key('b')]);
    expect(touched.since(two)).toEqual([key('b')]);
    touched.done(one);
    expect(touched.since(two)).toEqual([key('b')]);
    touched.done(two);
    expect(touched.since(0)).toEqual([]);
  });
});

describe('the governor', () => {
  /** Looks as often as it lets us, each costing `costMs`, and answers which share of the time they took. */
  async function share(load: number, costMs: number, maxWaitMs = MINUTE, askedMs = 0): Promise<number> {
    const time = new VirtualTime();
    const governor = new Governor(runtimeOn(time), load, maxWaitMs);
    let spent = 0;
    const look = async () => {
      while (time.now < 10 * MINUTE) {
        await time.wait(governor.waitMs());
        await time.wait(costMs);
        governor.charge(costMs);
        spent += costMs;
      }
    };
    /** Beside the looks, questions that are as quick as the round trip. */
    const ask = async () => {
      while (time.now < 10 * MINUTE) {
        await time.wait(60);
        governor.spend(askedMs);
        spent += askedMs;
      }
    };
    void look();
    if (askedMs > 0) void ask();
    await time.runUntil(10 * MINUTE);
    return spent / time.now;
  }

  it.each([
    [0.02, 15],
    [0.02, 400],
    [0.5, 40],
  ])('keeps to %d of the time with looks of %d ms', async (load, cost) => {
    const used = await share(load, cost);
    expect(used).toBeGreaterThan(load * 0.9);
    expect(used).toBeLessThan(load * 1.1);
  });

  it('keeps to it together with what is asked between the looks', async () => {
    const used = await share(0.02, 15, MINUTE, 0.5);
    expect(used).toBeGreaterThan(0.018);
    expect(used).toBeLessThan(0.022);
  });

  it('never makes a look wait longer than it may', async () => {
    // 5 s of work with a wait of at most 10 s.
    expect(await share(0.02, 5_000, 10_000)).toBeGreaterThan(0.3);
  });

  /** Reads of 40 ms, with work of our own after each, and answers how much of the time the clinic was busy, and we rested. */
  async function resyncing(ownWork: (nth: number) => number) {
    const time = new VirtualTime();
    const governor = new Governor(runtimeOn(time), 0.02, MINUTE);
    const { signal } = new AbortController();
    let busy = 0;
    const read = async () => {
      for (let nth = 0; time.now < MINUTE; nth++) {
        await governor.rest(signal);
        await time.wait(40);
        governor.tired(40, 0.5);
        busy += 40;
        await time.wait(ownWork(nth));
      }
    };
    void read();
    await time.runUntil(MINUTE);
    return { busy: busy / MINUTE, rested: governor.restedMs / MINUTE };
  }

  it('lets a resync have half of the time', async () => {
    const { busy, rested } = await resyncing(() => 0);
    expect(busy).toBeCloseTo(0.5, 1);
    expect(rested).toBeCloseTo(0.5, 1);
  });

  it('counts what a resync does by itself meanwhile as rest, whichever read it follows', async () => {
    const { busy, rested } = await resyncing((nth) => (nth % 3 === 2 ? 120 : 0));
    expect(busy).toBeCloseTo(0.5, 1);
    expect(rested).toBeLessThan(0.02);
  });

  it('does not hold a slow link against the clinic', async () => {
    const time = new VirtualTime();
    const governor = new Governor(runtimeOn(time), 0.02, MINUTE);
    governor.roundTrip(250);
    for (let i = 0; i < 1_000; i++) governor.charge(251);
    // 1,000 calls of 1 ms beyond the round trip: half a second beyond the credit, at 2 % of the time.
    expect(governor.waitMs()).toBeCloseTo(25_000, -2);
  });
});

describe('undecodable rows', () => {
  it('are told once for each rule that they break', () => {
    const once = new TellOnce();
    const of = (...skipped: (typeof broken)[]) => ({ skipped, unknown: [{ table: 'appointments', value: 'Q' }] });
    const broken = { key: key('1'), field: 'start', rule: 'not a time' };
    expect(once.news(of(broken), 5)).toEqual([
      { type: 'row.skipped', ...broken, at: 5, cause: 'engine' },
      { type: 'status.unknown', table: 'appointments', value: 'Q', at: 5, cause: 'engine' },
    ]);
    once.remember(of(broken));
    expect(once.news(of(broken), 6)).toEqual([]);
    expect(once.news(of({ ...broken, field: 'end' }), 6)).toHaveLength(1);
  });
});
