import { ok } from 'neverthrow';
import { firstValueFrom, Subject } from 'rxjs';
import { expect, it } from 'vitest';

import { liveQuery } from '../../src/engine/live-query.js';
import type { Runtime } from '../../src/engine/runtime.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

/** A query whose answer changes in an hour, and how many timers it has set and not cancelled. */
function query(triggers = new Subject<void>()) {
  const inner = new VirtualProcess(new VirtualTime(), { epoch: 0, random: () => 0.5, name: 'test' });
  const timers = new Set<object>();
  const runtime = Object.create(inner, {
    setTimer: {
      value: (ms: number, fire: () => void) => {
        const timer = {};
        timers.add(timer);
        const cancel = inner.setTimer(ms, fire);
        return () => {
          timers.delete(timer);
          cancel();
        };
      },
    },
  }) as Runtime;
  let computed = 0;
  const compute = async () => ok(++computed);
  const same = (a: number, b: number) => a === b;
  const isFinal = () => true;
  return {
    timers,
    triggers,
    answers: liveQuery({ compute, triggers, same, changesAt: () => 3_600_000, isFinal, runtime }),
  };
}

it('a live query leaves no timer behind when only its first answer was wanted', async () => {
  const { answers, timers } = query();
  expect(await firstValueFrom(answers)).toBe(1);
  await new Promise(setImmediate);
  expect(timers.size).toBe(0);
});

it('a live query has one timer while it is listened to, and none after', async () => {
  const { answers, timers, triggers } = query();
  const heard: number[] = [];
  const subscription = answers.subscribe((answer) => heard.push(answer));
  await new Promise(setImmediate);
  triggers.next();
  await new Promise(setImmediate);
  expect(heard).toEqual([1, 2]);
  expect(timers.size).toBe(1);
  subscription.unsubscribe();
  expect(timers.size).toBe(0);
});
