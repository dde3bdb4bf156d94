import assert from 'node:assert/strict';

import { NEVER, ok, pause, refused, rowsOf, sameRows, whole, within, type Bench, type Case } from './bench.js';
import { callsOf } from './calls.js';
import { CUTOFF } from './samples.js';

/** Plays a case, and fails if a promise was left to reject unheard. */
async function heard(play: () => Promise<void>): Promise<void> {
  const unheard: unknown[] = [];
  const note = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', note);
  try {
    await play();
    await pause(50);
  } finally {
    process.off('unhandledRejection', note);
  }
  assert.deepEqual(unheard, [], 'a rejection that nobody hears');
}

const stalled = (bench: Bench) => bench.clinic.stall?.() ?? assert.fail('stall is declared and not offered');

export const signalCases: readonly Case[] = [
  {
    name: 'a call whose signal has fired answers Aborted',
    run: (bench) =>
      heard(async () => {
        const signal = AbortSignal.abort();
        const { adapter } = bench.clinic;
        assert.equal(await refused(adapter.connect({ clinicId: 'conformance-aborted', signal })), 'Aborted');
        const link = await bench.connect();
        for (const [name, call] of Object.entries(callsOf(link))) {
          assert.equal(await refused(call(signal)), 'Aborted', name);
        }
        await rowsOf(link);
      }),
  },
  {
    name: 'a signal that fires during a call ends it at once, and the link goes on',
    run: (bench) =>
      heard(async () => {
        const rows = await bench.receptionist.insert(bench.make.rows(50));
        const link = await bench.connect();
        for (const [name, call] of Object.entries(callsOf(link))) {
          for (const delayMs of [0, 0, 1, 3]) {
            const ending = new AbortController();
            const asked = call(ending.signal);
            if (delayMs > 0) await pause(delayMs);
            ending.abort();
            const outcome = await within(asked, 2_000);
            // It may have been done already.
            if (outcome.isErr()) assert.equal(outcome.error.code, 'Aborted', name);
          }
          const after = await within(call(NEVER));
          assert.ok(after.isOk(), `${name} after aborted calls`);
        }
        sameRows(await rowsOf(link), rows);
        await ok(link.now(NEVER));
      }),
  },
  {
    name: 'a signal that fires while connecting ends that, and leaves nothing open',
    run: (bench) =>
      heard(async () => {
        for (const delayMs of [0, 0, 1, 5, 20]) {
          const ending = new AbortController();
          const asked = bench.clinic.adapter.connect({ clinicId: 'conformance-aborted', signal: ending.signal });
          if (delayMs > 0) await pause(delayMs);
          ending.abort();
          const outcome = await within(asked);
          if (outcome.isOk()) await outcome.value.close();
          else assert.equal(outcome.error.code, 'Aborted');
        }
        const link = await bench.connect();
        assert.deepEqual(await rowsOf(link), []);
      }),
  },
  {
    name: 'a read that waits at the server ends with its signal',
    needs: ['stall'],
    run: (bench) =>
      heard(async () => {
        const rows = await bench.receptionist.insert(bench.make.rows(5));
        const link = await bench.connect();
        const release = await stalled(bench);
        const ending = new AbortController();
        const { readRange, readKeys, digest } = callsOf(link);
        const asked = [readRange, readKeys, digest].flatMap((call) => (call ? [refused(call(ending.signal))] : []));
        await pause(100);
        const began = performance.now();
        ending.abort();
        for (const code of await Promise.all(asked)) assert.equal(code, 'Aborted');
        assert.ok(performance.now() - began < 1_000);
        await release();
        sameRows(await rowsOf(link), rows);
      }),
  },
  {
    name: "the clinic's clock is read afresh, and is near the machine's",
    async run(bench) {
      const link = await bench.connect();
      const first = await ok(link.now(NEVER));
      assert.ok(Number.isInteger(first));
      assert.ok(Math.abs(first - Date.now()) < 5_000, `${String(first - Date.now())} ms apart`);
      await pause(50);
      assert.ok((await ok(link.now(NEVER))) > first, 'it stands still');
    },
  },
  {
    name: 'the heartbeat does not wait behind reads that do',
    needs: ['stall'],
    run: (bench) =>
      heard(async () => {
        const link = await bench.connect();
        const release = await stalled(bench);
        const ending = new AbortController();
        const read = { range: whole(), cutoff: CUTOFF, signal: ending.signal };
        const reads = Array.from({ length: 5 }, () => within(link.readRange(read)));
        await pause(50);
        const began = performance.now();
        await ok(link.now(NEVER));
        assert.ok(performance.now() - began < 700, 'the heartbeat waited');
        await release();
        ending.abort();
        await Promise.all(reads);
      }),
  },
];
