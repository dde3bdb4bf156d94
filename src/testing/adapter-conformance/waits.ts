import assert from 'node:assert/strict';

import type { ClinicAdapter, ClinicLink } from '../../adapters/adapter.js';
import type { ResultAsync } from 'neverthrow';

import type { AdapterError } from '../../domain/errors.js';
import { NEVER, ok, pause, refused, rowsOf, within, type Case } from './bench.js';
import { pulseOf } from './pulses.js';

/** `awaitPulse`; the case needs it. */
function wait(
  link: ClinicLink,
  base: string,
  maxWaitMs: number,
  signal: AbortSignal = NEVER,
): ResultAsync<string, AdapterError> {
  const { awaitPulse } = link;
  if (!awaitPulse) assert.fail('awaitPulse is declared and not offered');
  return awaitPulse.call(link, base, maxWaitMs, signal);
}

const cases: readonly Case[] = [
  {
    name: 'awaitPulse answers as soon as something was committed',
    async run(bench) {
      const link = await bench.connect();
      for (let i = 0; i < 3; i++) {
        // It may end without reason, so that only an end in time after the commit is asked for.
        let answered = 0;
        const base = await pulseOf(link);
        const waiting = ok(wait(link, base, 5_000)).then((pulse) => {
          answered = performance.now();
          return pulse;
        });
        await pause(100);
        const row = await bench.insert();
        const committed = performance.now();
        assert.notEqual(await waiting, base);
        assert.ok(answered - committed < 2_000, `${String(answered - committed)} ms after the commit`);
        assert.ok((await rowsOf(link)).some(({ id }) => id === row.id));
      }
    },
  },
  {
    name: 'awaitPulse answers at once when the pulse has moved on already',
    async run(bench) {
      const link = await bench.connect();
      const base = await pulseOf(link);
      await bench.insert();
      const began = performance.now();
      assert.notEqual(await ok(wait(link, base, 5_000)), base);
      assert.ok(performance.now() - began < 2_000);
    },
  },
  {
    name: 'awaitPulse answers with the present pulse after about the longest wait',
    async run(bench) {
      const link = await bench.connect();
      for (let i = 0; i < 20; i++) {
        const base = await pulseOf(link);
        const began = performance.now();
        const pulse = await ok(wait(link, base, 400));
        const waited = performance.now() - began;
        assert.ok(waited < 2_400, `waited ${String(waited)} ms of 400`);
        if (pulse !== base) continue;
        assert.ok(waited > 300, `waited ${String(waited)} ms of 400`);
        return;
      }
      assert.fail('the pulse moved 20 times while nothing was committed');
    },
  },
  {
    name: 'the heartbeat and reads go on during awaitPulse',
    async run(bench) {
      const link = await bench.connect();
      const ending = new AbortController();
      const waiting = wait(link, await pulseOf(link), 3_000, ending.signal);
      const began = performance.now();
      await Promise.all([ok(link.now(NEVER)), rowsOf(link)]);
      assert.ok(performance.now() - began < 2_000, 'the heartbeat waited for the pulse');
      ending.abort();
      const outcome = await within(waiting);
      if (outcome.isErr()) assert.equal(outcome.error.code, 'Aborted');
    },
  },
  {
    name: 'awaitPulse ends with the signal, and the link goes on',
    async run(bench) {
      const link = await bench.connect();
      const ending = new AbortController();
      const began = performance.now();
      const waiting = refused(wait(link, await pulseOf(link), 2_500, ending.signal));
      await pause(50);
      ending.abort();
      assert.equal(await waiting, 'Aborted');
      assert.ok(performance.now() - began < 1_500);
      await pulseOf(link);
      assert.deepEqual(await rowsOf(link), []);
    },
  },
  {
    name: 'closing during awaitPulse frees the place: a link under the same name is had at once',
    async run(bench) {
      const connect = (adapter: ClinicAdapter) => ok(adapter.connect({ clinicId: 'conformance-place', signal: NEVER }));
      const first = await connect(bench.clinic.adapter);
      const ending = new AbortController();
      const waiting = wait(first, await pulseOf(first), 5_000, ending.signal);
      await pause(100);
      // As a sync stops: the watch first, then its link.
      ending.abort();
      assert.equal(await refused(waiting), 'Aborted');
      await within(first.close(), 2_000);
      const next = await connect(bench.clinic.another());
      await within(next.close());
    },
  },
];

export const waitCases: readonly Case[] = cases.map((test) => ({ ...test, needs: ['pulse', 'awaitPulse'] as const }));
